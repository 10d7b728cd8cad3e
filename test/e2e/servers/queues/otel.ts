// OpenTelemetry for a service of the queue rows: the library, and the stock instrumentations of the clients.

import { DiagConsoleLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { AmqplibInstrumentation } from "@opentelemetry/instrumentation-amqplib";
import { AwsInstrumentation } from "@opentelemetry/instrumentation-aws-sdk";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { KafkaJsInstrumentation } from "@opentelemetry/instrumentation-kafkajs";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { withErrorTree } from "../../../support/limited-set-up.ts";
import { endWithParent, onAsk } from "../../../support/process/in-child.ts";
import { startNodeSdk } from "../../../support/start-sdk.ts";

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.ERROR);

const sdk = startNodeSdk(
  withErrorTree(
    {
      sampler: new AlwaysOffSampler(),
      instrumentations: [
        new HttpInstrumentation(),
        new AmqplibInstrumentation(),
        new AwsInstrumentation(),
        new KafkaJsInstrumentation(),
      ],
    },
    { trust: "loopback" },
  ),
);

endWithParent();
onAsk({ shutdown: () => sdk.shutdown() });
