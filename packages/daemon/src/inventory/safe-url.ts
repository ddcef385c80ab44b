/** A URL for messages and logs: no user, no password, no query. */
export function safeUrl(url: URL): string {
  const query = url.search === "" ? "" : "?...";
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}
