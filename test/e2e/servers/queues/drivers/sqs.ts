// SQS by @aws-sdk/client-sqs: a queue with a redrive policy.
import { createRequire } from "node:module";
import type * as Sqs from "@aws-sdk/client-sqs";
import { ATTEMPTS, type Handle, type Queue } from "../driver.ts";

const {
  SQSClient,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} = createRequire(import.meta.url)("@aws-sdk/client-sqs") as typeof Sqs;

export async function connect(address: string): Promise<Queue> {
  const client = new SQSClient({
    endpoint: `http://${address}`,
    region: "elasticmq",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    maxAttempts: 1,
  });
  const create = async (QueueName: string, Attributes: Record<string, string>): Promise<string> =>
    (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "";
  const dead = await create("dead", {});
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
  );
  const work = await create("work", {
    VisibilityTimeout: "2",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: ATTEMPTS }),
  });
  const receive = (QueueUrl: string, handle: Handle): void => {
    const next = async (): Promise<void> => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          WaitTimeSeconds: 1,
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["ApproximateReceiveCount"],
        }),
      );
      for (const message of Messages) {
        const { ReceiptHandle } = message;
        try {
          await handle(message, message.Body ?? "");
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        } catch {
          const now = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
          await client.send(new ChangeMessageVisibilityCommand(now));
        }
      }
    };
    const loop = (): void => void next().then(loop, () => setTimeout(loop, 200));
    loop();
  };
  return {
    async send(body) {
      await client.send(new SendMessageCommand({ QueueUrl: work, MessageBody: body }));
    },
    async work(handle) {
      receive(work, handle);
    },
    async bury(handle) {
      receive(dead, handle);
    },
  };
}
