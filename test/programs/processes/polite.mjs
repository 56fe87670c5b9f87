// Ends with code 7 on SIGTERM, after writing `bye` to stderr.
process.on('SIGTERM', () => {
  process.stderr.write('bye\n');
  process.exitCode = 7;
  clearInterval(timer);
});
const timer = setInterval(() => {}, 1_000);
process.stdout.write('ready\n');
