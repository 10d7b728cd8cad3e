// Sends receipts (SQS): nobody waits for it, so what fails here is a tree of its own. After three attempts a message is set aside.
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { consume } from "otel-error-tree";
import { logFailures, traceIds } from "otel-error-tree/pino";
import { pino } from "pino";

const { SQS = "" } = process.env;
const log = pino({ base: { service: "notifications" }, mixin: traceIds });
logFailures(log);

const sqs = new SQSClient({
  endpoint: SQS,
  region: "local",
  credentials: { accessKeyId: "none", secretAccessKey: "none" },
});
const { QueueUrl: aside } = await sqs.send(new CreateQueueCommand({ QueueName: "receipts-set-aside" }));
const { Attributes } = await sqs.send(
  new GetQueueAttributesCommand({ QueueUrl: aside, AttributeNames: ["QueueArn"] }),
);
const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "receipts" }));
const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 3 });
await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
log.info("ready");

class NoAddress extends Error {
  override readonly name = "NoAddress";
}

function notify({ Body = "{}" }: Message): void {
  const { id, email } = JSON.parse(Body) as { id: string; email: string };
  if (!email.includes("@")) throw new NoAddress("the e-mail address of the receipt has no @");
  log.info({ order: id }, "notified");
}

while (true) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds: 10,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
    }),
  );
  for (const message of Messages) {
    const { ReceiptHandle } = message;
    try {
      await consume("send receipt", message, () => notify(message));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    } catch {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 1 }));
    }
  }
}
