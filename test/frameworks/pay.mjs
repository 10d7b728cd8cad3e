// What the services do: the first one calls the second one, whose card is declined.

/** True if the program uses the adapter itself. */
export const isByHand = process.env.BY_HAND === "yes";

export async function pay(id) {
  const { CALLS, CALLS_WITH: body } = process.env;
  if (!CALLS) throw new TypeError("card declined", { cause: new RangeError(`limit of ${id} reached`) });
  const headers = { "content-type": "application/json" };
  const response = await fetch(CALLS, body ? { method: "POST", headers, body } : {});
  const { errors } = await response.json().catch(() => ({ errors: undefined }));
  if (!response.ok || errors !== undefined) throw new Error("payment failed");
  return "paid";
}
