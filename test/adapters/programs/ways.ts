// The ways in which a handler of the services under test fails, and what their own error handlers make of it.

/** Errors that the program's error handler answers itself, with this status. */
const ANSWERED = new Map<unknown, number>();

function answered(status: number): Error {
  const error = new Error(`to be answered with ${status}`);
  ANSWERED.set(error, status);
  return error;
}

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:7070"), { code: "ECONNREFUSED" });

const WAYS: Readonly<Record<string, unknown>> = {
  recovered: answered(200),
  redirected: answered(302),
  unavailable: answered(503),
  text: "no room",
  number: 7,
  undefined: undefined,
  null: null,
  frozen: Object.freeze(Object.assign(new Error("frozen"), { status: 409, statusCode: 409 })),
  proxy: new Proxy(new Error("proxy"), {
    get(target, name) {
      if (name === "message" || name === "cause" || name === "errors") throw new Error("a trap");
      return Reflect.get(target, name, target) as unknown;
    },
  }),
};

/** The status that the program's own error handler answers with; `undefined` if it leaves the error to the framework. */
export function statusFor(error: unknown): number | undefined {
  return ANSWERED.get(error);
}

/** Fails in the named way. */
export async function failAs(how: string): Promise<never> {
  await null;
  if (how in WAYS) throw WAYS[how];
  throw new TypeError("no payment", { cause: refused });
}

/** True if the program uses the adapter. */
export const isObserved: boolean = process.env.ADAPTER === "yes";
