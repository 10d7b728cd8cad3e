// NATS by @nats-io/transport-node: JetStream for work, a plain request for replies.
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers as newHeaders, connect as open } from "@nats-io/transport-node";
import { context, propagation } from "@opentelemetry/api";
import { ATTEMPTS, type Queue } from "../driver.ts";

export async function connect(address: string): Promise<Queue> {
  const connection = await open({ servers: address, maxReconnectAttempts: 3, reconnectTimeWait: 200 });
  void connection.closed().catch(() => {});
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "work", subjects: ["work", "dead"] });
  const stream = jetstream(connection);
  const consumerOf = async (subject: string) => {
    const name = `${subject}-consumer`;
    await manager.consumers
      .add("work", {
        durable_name: name,
        filter_subject: subject,
        ack_policy: AckPolicy.Explicit,
        ack_wait: 2_000_000_000,
        max_deliver: ATTEMPTS,
      })
      .catch(() => {});
    return await stream.consumers.get("work", name);
  };
  return {
    async send(body) {
      const fields = newHeaders();
      // Nothing instruments NATS: the program sends the context along.
      propagation.inject(context.active(), fields, { set: (list, name, value) => list.set(name, value) });
      await stream.publish("work", body, { headers: fields });
    },
    async work(handle) {
      const messages = await (await consumerOf("work")).consume({ max_messages: 1 });
      void (async () => {
        for await (const message of messages) {
          try {
            await handle(message, message.string());
            message.ack();
          } catch {
            if (message.info.deliveryCount < ATTEMPTS) message.nak(20);
            else {
              await stream.publish("dead", message.data, {
                ...(message.headers && { headers: message.headers }),
              });
              message.term();
            }
          }
        }
      })().catch(() => {});
    },
    async bury(handle) {
      const messages = await (await consumerOf("dead")).consume();
      void (async () => {
        for await (const message of messages) {
          await handle(message, message.string());
          message.ack();
        }
      })().catch(() => {});
    },
    async request(body, fields) {
      const list = newHeaders();
      for (const [name, value] of Object.entries(fields)) list.set(name, value);
      return await connection.request("requests", body, { headers: list, timeout: 5_000 });
    },
    async serve(answer) {
      const messages = connection.subscribe("requests");
      await connection.flush();
      void (async () => {
        for await (const message of messages) {
          const { body, headers } = await answer(message, message.string());
          const list = newHeaders();
          for (const [name, value] of Object.entries(headers)) list.set(name, value);
          message.respond(body, { headers: list });
        }
      })().catch(() => {});
    },
  };
}
