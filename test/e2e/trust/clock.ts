// Moves the clock of a process, before anything in it has looked at one: `node --import ./clock.ts`.
const { now } = Date;
const shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0);

Date.now = () => now() + shiftMs;
