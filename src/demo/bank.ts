// The service at the end: moves the money, or says why it does not.
import { setTimeout } from "node:timers/promises";
import { HttpError, type Incoming, serve } from "./serve.ts";

const SLOW_MS = 2_000;

serve("bank", "/transfers", transfer);

async function transfer({ fault }: Incoming): Promise<void> {
  if (fault === "password") openLedger("postgres://bank:tr0ub4dor-and-3@ledger.internal:5432/accounts");
  if (fault === "declined") throw new HttpError(412, "account 7 is frozen");
  if (fault === "slow") await setTimeout(SLOW_MS);
}

function openLedger(url: string): void {
  throw new HttpError(403, `login refused: ${url}`);
}

// Frames show this name: those in node_modules are left out.
//# sourceURL=demo/bank.js
