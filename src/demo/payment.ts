// The service in the middle: charges a card.
import { HttpError, type Incoming, serve } from "./serve.ts";

const PATIENCE_MS = 300;
/** Nobody listens there. */
const NOBODY = "http://127.0.0.1:1/transfers";

interface Basket {
  readonly price: { readonly cents: number };
}

serve("payment", "/charges", charge);

async function charge({ fault, call, next }: Incoming): Promise<void> {
  centsOf(fault === "bug" ? ({} as Basket) : { price: { cents: 4711 } });
  const status = await call(fault === "refused" ? NOBODY : next, PATIENCE_MS);
  if (status === 412) throw new HttpError(412, "the bank declined the card");
  if (status >= 400) throw new HttpError(503, `no money was moved: the bank answered ${status}`);
}

function centsOf(basket: Basket): number {
  return basket.price.cents;
}

// Frames show this name: those in node_modules are left out.
//# sourceURL=demo/payment.js
