/** Small texts that the renderers for people and those for models share. */

/** `0.4 s`, `12 s`, `3:07`, `2:03:07` (hours). */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "?";
  if (seconds < 10) return `${(Math.round(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`: how long something lasts, for people. */
export function span(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "?";
  const seconds = Math.floor(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const [big, small, units] =
    minutes < 1440
      ? [Math.floor(minutes / 60), minutes % 60, ["h", "min"]]
      : [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, ["d", "h"]];
  return small === 0 ? `${big} ${units[0]}` : `${big} ${units[0]} ${small} ${units[1]}`;
}

/** A moment in UTC: `14:02Z`, with its date on another day than `now`. Any number may come. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "?";
  const [day = "", time = ""] = date.toISOString().split("T");
  const short = `${time.slice(0, 5)}Z`;
  return day === new Date(now).toISOString().split("T")[0] ? short : `${day} ${short}`;
}

/** `14:02Z, for 12 min`. */
export function since(at: number, now: number): string {
  return `${moment(at, now)}, for ${span(Math.max(0, now - at))}`;
}

/** `14:02Z, in 12 min`, or that it is over. */
export function until(at: number, now: number): string {
  return at < now + 1000 ? `${moment(at, now)}, now` : `${moment(at, now)}, in ${span(at - now)}`;
}

/** `12 s ago`, for moments in milliseconds since the epoch. */
export function ago(at: number, now: number): string {
  return `${duration(Math.max(0, (now - at) / 1000))} ago`;
}

/** `1 host`, `2 hosts`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

export function bytes(number: number): string {
  if (number < 1024) return `${number} B`;
  if (number < 1024 * 1024) return `${(number / 1024).toFixed(1)} KiB`;
  return `${(number / 1024 / 1024).toFixed(1)} MiB`;
}

export interface SlotLike {
  product: string;
  version: string;
  arch: string;
  addons: readonly string[];
}

/** `SLES 15-SP6 x86_64 +sle-module-basesystem`. */
export function slotWords(slot: SlotLike): string {
  const addons = slot.addons.map((addon) => `+${addon}`).join(" ");
  return `${slot.product} ${slot.version} ${slot.arch}${addons === "" ? "" : ` ${addons}`}`;
}

/** What a request waits for: a test target, or hosts that were named. */
export function targetWords(slot: SlotLike): string {
  const words = slotWords(slot).trim();
  return words === "" ? "a host by name" : words;
}

/** Place of a request in the arbiter's queue; 0 is one whose hosts are being connected. */
export function placeWords(position: number): string {
  return position === 0 ? "connecting hosts" : `number ${position} in the queue`;
}

/** Lines of a text without the empty one behind its last line end. */
export function linesOf(text: string): string[] {
  if (text === "") return [];
  return text.replace(/\n$/, "").split("\n");
}
