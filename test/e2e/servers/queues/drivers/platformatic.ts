// Kafka by @platformatic/kafka: messages come as a stream; the program tries each of them three times.
import { context, propagation } from "@opentelemetry/api";
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from "@platformatic/kafka";
import { ATTEMPTS, type Handle, type Queue } from "../driver.ts";

export async function connect(address: string): Promise<Queue> {
  const options = { clientId: "queues", bootstrapBrokers: [address], retries: 10, retryDelay: 100 };
  const admin = new Admin(options);
  await admin.createTopics({ topics: ["work", "dead"], partitions: 1, replicas: 1 }).catch(() => {});
  await admin.close();
  const producer = new Producer({ ...options, serializers: stringSerializers });
  const send = async (topic: string, value: string): Promise<void> => {
    const headers: Record<string, string> = {};
    // Nothing instruments it: the program sends the context along.
    propagation.inject(context.active(), headers);
    await producer.send({ messages: [{ topic, value, headers }], acks: 1 });
  };
  const each = async (topic: string, groupId: string, handle: Handle, again: boolean): Promise<void> => {
    const consumer = new Consumer({ ...options, groupId, deserializers: stringDeserializers });
    const stream = await consumer.consume({
      topics: [topic],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: 100,
      sessionTimeout: 6_000,
      heartbeatInterval: 500,
    });
    stream.on("error", () => {});
    void (async () => {
      for await (const message of stream) {
        for (let attempt = 1; ; attempt++) {
          try {
            await handle(message, message.value ?? "");
            break;
          } catch {
            if (!again || attempt < ATTEMPTS) continue;
            await send("dead", message.value ?? "");
            break;
          }
        }
        await message.commit();
      }
    })().catch(() => {});
  };
  return {
    send: async (body) => await send("work", body),
    work: async (handle) => await each("work", "workers", handle, true),
    bury: async (handle) => await each("dead", "undertakers", handle, false),
  };
}
