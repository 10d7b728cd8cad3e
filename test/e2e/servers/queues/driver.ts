// Declares what a service of the queue rows does with its broker, whichever client it uses.

/** Handles one message: `message` is what the client gives, for `consume`. Rejects if the work failed. */
export type Handle = (message: unknown, body: string) => Promise<void>;

/** Answers one message: the body of the reply, and the headers that it has to carry. */
export type Answer = (
  message: unknown,
  body: string,
) => Promise<{ readonly body: string; readonly headers: Readonly<Record<string, string>> }>;

/** A client that is connected. A message that failed three times goes to the queue `dead`. */
export interface Queue {
  send(body: string): Promise<void>;
  /** Handles what is sent to the queue `work`. */
  work(handle: Handle): Promise<void>;
  /** Handles what came to the queue `dead`. */
  bury(handle: Handle): Promise<void>;
  /** Sends a request, and resolves with the message of the reply. */
  request?(body: string, headers: Readonly<Record<string, string>>): Promise<unknown>;
  /** Answers what is requested. */
  serve?(answer: Answer): Promise<void>;
}

/** So often a message is tried. */
export const ATTEMPTS = 3;

/** Connects with the broker at `host:port`. */
export type Connect = (address: string) => Promise<Queue>;
