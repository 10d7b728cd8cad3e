process.stdout.write("hi\n");
await new Promise(() => {});
