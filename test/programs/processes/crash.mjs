// Says why on stderr and exits with code 3.
process.stderr.write('reading settings\nno API key: set \u001b[31mEXAMPLE_KEY\u001b[0m\n');
process.exitCode = 3;
