// OpenTelemetry for a service over a database, loaded before its program: the instrumentation that `INSTRUMENTATION` names,
// of this repository or, with `INSTALLED`, of another folder.
import { createRequire } from "node:module";
import { join } from "node:path";
import { DiagConsoleLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { withErrorTree } from "../../../../support/limited-set-up.ts";
import { endWithParent } from "../../../../support/process/in-child.ts";
import { startNodeSdk } from "../../../../support/start-sdk.ts";

type Instrumentations = NonNullable<NodeSDKConfiguration["instrumentations"]>;
type Instrumentation = Exclude<Instrumentations[number], readonly unknown[]>;

// A service that works prints nothing: warnings of the library make its test fail.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const { INSTRUMENTATION = "", INSTALLED } = process.env;
const require = createRequire(INSTALLED === undefined ? import.meta.url : join(INSTALLED, "index.js"));
const loaded = require(`@opentelemetry/instrumentation-${INSTRUMENTATION}`) as Record<string, unknown>;

startNodeSdk(
  withErrorTree(
    {
      sampler: new AlwaysOffSampler(),
      instrumentations: [new HttpInstrumentation(), instrumentationOf(loaded)],
    },
    { trust: "loopback" },
  ),
);
endWithParent();

function instrumentationOf(exported: Record<string, unknown>): Instrumentation {
  const [, Class] = Object.entries(exported).find(([name]) => name.endsWith("Instrumentation")) ?? [];
  return new (Class as new () => Instrumentation)();
}
