process.exitCode = 4;
process.on("exit", (code) => process.stdout.write(`exit ${code}\n`));
