// Keeps the exchange of a request on objects of its transport, where nobody else sees it.
import type { Exchange, Exchanges } from "../exchange.ts";
import { Given } from "./call-slot.ts";

/**
 * Two private fields on somebody else's object. No inspection shows them, and they are freed with the object. The table of a
 * WeakMap is copied every hundred requests or so, and each copy keeps what is in it alive until the next full collection.
 */
class Slot extends Given {
  #by: object;
  #exchange: Exchange;

  constructor(object: object, by: object, exchange: Exchange) {
    super(object);
    this.#by = by;
    this.#exchange = exchange;
  }

  /** False if the slot is another set-up's, or the object takes no fields. */
  static put(object: object, by: object, exchange: Exchange): boolean {
    if (!(#by in object)) {
      try {
        new Slot(object, by, exchange);
        return true;
      } catch {
        return false;
      }
    }
    if (object.#by !== by) return false;
    object.#exchange = exchange;
    return true;
  }

  static of(object: object, by: object): Exchange | undefined {
    return #by in object && object.#by === by ? object.#exchange : undefined;
  }
}

/** The exchanges of one set-up. A second set-up in the process keeps its own in a WeakMap. */
export class ExchangeSlots implements Exchanges {
  #others: WeakMap<object, Exchange> | undefined;

  get(object: object): Exchange | undefined {
    return Slot.of(object, this) ?? this.#others?.get(object);
  }

  set(object: object, exchange: Exchange): void {
    if (Slot.put(object, this, exchange)) return;
    this.#others ??= new WeakMap();
    this.#others.set(object, exchange);
  }
}
