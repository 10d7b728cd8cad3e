// One service of the chain, with the library: exports what failed, and tells at its end what the library counted.
import { runProgram } from "../storm/program.ts";
import { startTelemetry } from "../storm/telemetry.ts";
import { chainListener } from "./chain.ts";

const telemetry = startTelemetry();
const { SERVICE_NAME = "service", CHAIN_NEXT } = process.env;

runProgram(telemetry, chainListener(SERVICE_NAME, CHAIN_NEXT));
