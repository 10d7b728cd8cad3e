process.once("beforeExit", () => setTimeout(() => process.stdout.write("last work\n"), 100));
process.on("beforeExit", () => process.stdout.write("bye\n"));
