// Reads the host out of a text that may name a port as well: a `Host` field, or the authority of a URL.

/** A port may be empty; a user, a zone and an address without brackets have no place there. Source: RFC 9110, section 7.2. */
const AUTHORITY = /^(?:\[([\da-f:.]{2,45})\]|([\w.-]{1,255}))(?::\d{0,5})?$/i;

/** The host that the text names; `undefined` for a text that is no authority. */
export function hostOf(authority: string): string | undefined {
  const [, address, name] = AUTHORITY.exec(authority) ?? [];
  return address ?? name;
}
