// The service at the edge: places an order.
import { failRequest, optional } from "./sdk.ts";
import { HttpError, type Incoming, serve } from "./serve.ts";

/** Nobody listens there. */
const MAIL = "http://127.0.0.1:1/welcome";

serve("checkout", "/orders", placeOrder);

async function placeOrder({ fault, call, next }: Incoming): Promise<void> {
  if (fault === "mail") await optional(() => call(MAIL)).catch(() => {});
  const status = await call(next);
  if (status === 412) throw new HttpError(412, "the customer has to choose another card");
  if (status >= 400) throw new HttpError(500, `order 4711 cannot be placed: payment answered ${status}`);
  if (fault === "hidden") failRequest(new Error("the order has no items"), "internal");
}

// Frames show this name: those in node_modules are left out.
//# sourceURL=demo/checkout.js
