// Writes without end to `stdout` or `stderr`, as its argument says, as fast as it is read.
const stream = process.argv[2] === 'stderr' ? process.stderr : process.stdout;
const block = `${'flood '.repeat(20)}\n`.repeat(500);
const pour = () => {
  while (stream.write(block));
  stream.once('drain', pour);
};
pour();
