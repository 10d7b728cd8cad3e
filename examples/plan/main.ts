// `npm run plan`: runs the plan, and prints what is told of its failures while it runs and at its end.
import { parseArgs } from "node:util";
import { nightShift } from "./night-shift.ts";
import { startOtel } from "./otel.ts";

const USAGE = `Usage: npm run plan -- [--speed TIMES]

Runs a plan of forty steps that takes ten minutes, 60 times faster unless --speed says something else (1 to 300).
`;

const { values } = parseArgs({
  options: { speed: { type: "string", default: "60" }, help: { type: "boolean", default: false } },
});
const speed = Number(values.speed);
if (values.help || !(speed >= 1 && speed <= 300)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const stop = startOtel(speed);
console.log(`ten minutes in ${Math.round(600 / speed)} seconds`);
try {
  await nightShift(speed)();
} catch (error) {
  console.log(`\nthe plan has failed: ${(error as Error).message}`);
}
await stop();
