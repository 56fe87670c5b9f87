// Ignores SIGTERM and the end of its stdin. Says `ready` when it does.
process.on('SIGTERM', () => {});
process.stdin.on('error', () => {});
setInterval(() => {}, 1_000);
process.stdout.write('ready\n');
