// Says whose spans are recorded.
import { trace } from "@opentelemetry/api";

const { name } = trace.getTracerProvider().getDelegate().constructor;
const whose = { NoopTracerProvider: "without an SDK", OtherProvider: "with the other SDK" }[name];
process.stdout.write(`runs ${whose ?? "with an SDK"}\n`);
