/**
 * Shell patterns on names: `*`, `?` and `[...]` with `!` or `^` for "none of". Matched without a
 * regular expression, because a pattern with many stars must not take for ever.
 */
export function globMatches(pattern: string, text: string): boolean {
  const parts = parsePattern(pattern);
  let at = 0;
  let next = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const part = parts[next];
    if (part === "*") {
      star = next;
      resume = at;
      next += 1;
    } else if (part?.(text.charAt(at)) === true) {
      at += 1;
      next += 1;
    } else if (star !== -1) {
      resume += 1;
      at = resume;
      next = star + 1;
    } else {
      return false;
    }
  }
  return parts.slice(next).every((part) => part === "*");
}

type Part = "*" | ((character: string) => boolean);

function parsePattern(pattern: string): Part[] {
  const parts: Part[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    const close = character === "[" ? pattern.indexOf("]", index + 2) : -1;
    if (character === "*") parts.push("*");
    else if (character === "?") parts.push(() => true);
    else if (close !== -1) {
      parts.push(characterClass(pattern.slice(index + 1, close)));
      index = close;
    } else parts.push((candidate) => candidate === character);
  }
  return parts;
}

function characterClass(inside: string): (character: string) => boolean {
  const negated = inside.startsWith("!") || inside.startsWith("^");
  const ranges = [...(negated ? inside.slice(1) : inside).matchAll(/([^])-([^])|([^])/g)].map(
    ([, from, to, single]) => [from ?? single ?? "", to ?? single ?? ""] as const,
  );
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated;
}
