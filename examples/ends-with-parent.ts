// Tells a program to end when whoever started it is gone, also if that was killed: node --import ./examples/ends-with-parent.ts FILE

const end = (): void => void process.kill(process.pid, "SIGTERM");
process.once("disconnect", end);
// It may be gone already.
if (process.connected === false) end();
// The channel to it is for this alone, and keeps no program running.
process.channel?.unref();
