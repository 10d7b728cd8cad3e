// Says what an order is; services hand it on as JSON.

/** One order, as the storefront makes it from what a browser sends. */
export interface Order {
  readonly id: string;
  readonly sku: string;
  readonly quantity: number;
  readonly customer: string;
  /** Has no account: nobody has to log in to buy something. */
  readonly guest: boolean;
  readonly email: string;
}
