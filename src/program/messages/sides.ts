// Reaches what every running set-up does with messages, whichever copy of the package it belongs to.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { type MessageSide, setUps } from "../set-ups.ts";
import type { Carrier } from "./carrier.ts";

/** Gives the ask of a message to the set-ups; true if one of them answers it. */
export function received(carrier: Carrier, ask: string | readonly string[] | null): boolean {
  // Repeated, or no text: it is malformed, and counted there.
  const field = typeof ask === "string" ? ask : undefined;
  return any((side) => side.received(carrier, field)) ?? false;
}

/** The answer for the reply to a message. */
export function answerTo(carrier: Carrier): string | undefined {
  return any((side) => side.answer(carrier));
}

/** The handler whose span this is has failed. */
export function handlerOver(spanId: string): void {
  any((side) => side.handlerOver(spanId));
}

/** The ask for the request of this client span. */
export function askFor(span: ReadableSpan): string | undefined {
  return any((side) => side.askFor(span));
}

/** Gives the answer that came in a reply to the set-up that asked; true if it says that the request failed. */
export function replied(spanId: string, answer: string | readonly string[] | null | undefined): boolean {
  const field = typeof answer === "string" || answer === undefined ? answer : null;
  return any((side) => side.replied(spanId, field)) ?? false;
}

/** No reply came. */
export function unanswered(spanId: string, error: unknown): void {
  any((side) => side.unanswered(spanId, error));
}

/** Asks all of them; the first answer that says something. */
function any<T>(ask: (side: MessageSide) => T): T | undefined {
  let found: T | undefined;
  for (const { messages } of setUps()) {
    try {
      const answer = messages === undefined ? undefined : ask(messages);
      found ||= answer;
    } catch {
      // A set-up of another version.
    }
  }
  return found;
}
