// Reads from a message how often it was tried, if its broker counts.
import type { Carrier } from "./carrier.ts";

const MOST = 1_000_000_000;

/** Reasons for which RabbitMQ dead-letters a message that a consumer has had. */
const TRIED: ReadonlySet<unknown> = new Set(["rejected", "delivery_limit"]);

/**
 * The number of this attempt, from 1; `undefined` if the broker does not count. A classic queue of RabbitMQ does not, as long
 * as a message stays in it.
 *
 * Sources: RabbitMQ, "Dead Letter Exchanges" and "Quorum Queues"; NATS JetStream, `num_delivered`; SQS,
 * `ApproximateReceiveCount`; BullMQ, `attemptsMade`. Never throws.
 */
export function attemptOf(message: unknown, carrier: Carrier): number | undefined {
  try {
    return ofMessage(message) ?? ofHeaders(carrier);
  } catch {
    return undefined;
  }
}

function ofMessage(message: unknown): number | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { Attributes, attributes, info, attemptsMade } = message as Record<string, unknown>;
  const received =
    fieldOf(Attributes, "ApproximateReceiveCount") ?? fieldOf(attributes, "ApproximateReceiveCount");
  return (
    counted(received, 1) ??
    counted(fieldOf(info, "deliveryCount"), 1) ??
    (attemptsMade === undefined ? undefined : counted(Number(attemptsMade) + 1, 1))
  );
}

function ofHeaders(carrier: Carrier): number | undefined {
  const before = counted(carrier.raw("x-delivery-count"), 0);
  if (before !== undefined) return before + 1;
  const deaths = carrier.raw("x-death");
  if (!Array.isArray(deaths)) return undefined;
  let tried = 0;
  for (const death of deaths.slice(0, 64)) {
    if (TRIED.has(fieldOf(death, "reason"))) tried += counted(fieldOf(death, "count"), 1) ?? 0;
  }
  return counted(tried + 1, 1);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function counted(value: unknown, least: number): number | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const number = value === "" ? Number.NaN : Number(value);
  return Number.isInteger(number) && number >= least && number <= MOST ? number : undefined;
}
