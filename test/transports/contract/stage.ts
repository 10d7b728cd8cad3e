// The services that clients of one callee share: a caller, its callee, one that trusts nobody, and one that has shut down.
import { expect } from "vitest";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { type Service, startService } from "../../support/services.ts";
import { closedPort } from "../../support/sockets.ts";

const PROGRAM = new URL("./service.ts", import.meta.url);

/** A service, and the address for calls to it. */
interface Callee {
  readonly service: Service;
  readonly to: string;
}

type Start = (service: string, env?: Readonly<Record<string, string>>) => Promise<Callee>;

export class Stage {
  readonly receiver: Receiver;
  readonly orders: Service;
  readonly payments: Service;
  /** Where payments is called. */
  readonly payment: string;
  /** An address at which nobody listens. */
  readonly refused: string;
  readonly #start: Start;
  #stranger: Promise<Callee> | undefined;
  #leaving: Promise<Callee> | undefined;

  private constructor(start: Start, receiver: Receiver, orders: Callee, payments: Callee, refused: string) {
    this.#start = start;
    this.receiver = receiver;
    this.orders = orders.service;
    this.payments = payments.service;
    this.payment = payments.to;
    this.refused = refused;
  }

  /** Starts them; those that few cases need are started when they are needed. */
  static async set(callee: string): Promise<Stage> {
    const receiver = await startReceiver();
    const start = async (name: string, env: Readonly<Record<string, string>> = {}): Promise<Callee> => {
      const service = await startService(PROGRAM, { name, receiver, env: { TRANSPORT: callee, ...env } });
      return { service, to: await (await fetch(`${service.url}/address`)).text() };
    };
    const [orders, payments] = await Promise.all([start("orders"), start("payments")]);
    const refused = new URL(payments.to);
    refused.port = String(await closedPort());
    return new Stage(start, receiver, orders, payments, `${refused.protocol}//${refused.host}`);
  }

  /** It trusts nobody. */
  stranger(): Promise<Callee> {
    this.#stranger ??= this.#start("stranger", { TRUST: "nobody" });
    return this.#stranger;
  }

  /** Its SDK was shut down, and it goes on serving. */
  leaving(): Promise<Callee> {
    this.#leaving ??= this.#start("leaving").then(async (callee) => {
      await callee.service.ask("shutdown");
      return callee;
    });
    return this.#leaving;
  }

  /** Stops them, and looks at what they printed. */
  async close(): Promise<void> {
    // It has met a hostile callee.
    expect(await this.orders.stop()).toMatch(
      /^otel-error-tree: a response carried a foreign x-error-tree field[^\n]*\n$/,
    );
    expect(await this.payments.stop()).toBe("");
    expect((await (await this.#stranger)?.service.stop()) ?? "was refused").toMatch(
      /^(?!.*was refused.*was refused).*was refused/s,
    );
    expect((await (await this.#leaving)?.service.stop()) ?? "").toBe("");
    await this.receiver.close();
  }
}
