process.on("beforeExit", () => process.stdout.write("bye\n"));
