// Reads the host from a `Host` field or from the authority of a URL, which may also name a port.

/** The port may be empty. A user, a zone and an IPv6 address without brackets are not allowed. Source: RFC 9110, section 7.2. */
const AUTHORITY = /^(?:\[([\da-f:.]{2,45})\]|([\w.-]{1,255}))(?::\d{0,5})?$/i;

/** The host that the text names; `undefined` if the text is not an authority. */
export function hostOf(authority: string): string | undefined {
  const [, address, name] = AUTHORITY.exec(authority) ?? [];
  return address ?? name;
}
