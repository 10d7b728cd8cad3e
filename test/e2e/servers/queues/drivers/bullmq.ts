// Redis by BullMQ, with the telemetry that its users pass.
import { Queue as Jobs, Worker } from "bullmq";
import { BullMQOtel } from "bullmq-otel";
import { ATTEMPTS, type Queue } from "../driver.ts";

export async function connect(address: string): Promise<Queue> {
  const [host = "", port] = address.split(":");
  const options = {
    connection: { host, port: Number(port), maxRetriesPerRequest: null },
    telemetry: new BullMQOtel({ tracerName: "queues" }),
  };
  const quiet = <T extends { on(name: "error", listen: () => void): unknown }>(one: T): T => {
    one.on("error", () => {});
    return one;
  };
  const work = quiet(new Jobs("work", options));
  const dead = quiet(new Jobs("dead", options));
  await work.waitUntilReady();
  return {
    async send(body) {
      await work.add("invoice", body, { attempts: ATTEMPTS, backoff: { type: "fixed", delay: 20 } });
    },
    async work(handle) {
      const worker = quiet(
        new Worker("work", async (job) => await handle(job, job.data), {
          ...options,
          lockDuration: 2_000,
          stalledInterval: 1_000,
          maxStalledCount: 5,
        }),
      );
      worker.on("failed", (job) => {
        if (job !== undefined && job.attemptsMade >= ATTEMPTS) void dead.add("invoice", job.data);
      });
      await worker.waitUntilReady();
    },
    async bury(handle) {
      const worker = quiet(new Worker("dead", async (job) => await handle(job, job.data), options));
      await worker.waitUntilReady();
    },
  };
}
