/**
 * URLs from metadata end in a root shell (`zypper ar`) or in a request: http or https, a host,
 * and characters that no shell gives a meaning to (docs/formats/rrid-and-template.md, "URLs").
 * No user part: a password in a repository URL would travel into logs and reports.
 */
const URL_TEXT =
  /^https?:\/\/[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._~:/%+@=,-]*)?$/;

const URL_LIMIT = 1024;

export function isRepositoryUrl(text: string): boolean {
  return text.length <= URL_LIMIT && URL_TEXT.test(text);
}

/** Exactly one `/` between base and rest. */
export function joinUrl(base: string, rest: string): string {
  return `${base.replace(/\/+$/, "")}/${rest.replace(/^\/+/, "")}`;
}
