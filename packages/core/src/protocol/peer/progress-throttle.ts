export interface ProgressThrottle {
  push: (value: unknown) => void;
  /** Drop what is pending; nothing is sent any more. */
  stop: () => void;
}

/**
 * Progress is a state and no stream: between two sendings only the newest value is kept, so that a
 * busy call costs the wire `1 / intervalMs` and the last value is never older than that.
 */
export function progressThrottle(intervalMs: number, send: (value: unknown) => void): ProgressThrottle {
  let timer: NodeJS.Timeout | null = null;
  let waiting: { value: unknown } | null = null;
  let stopped = false;

  const quiet = () => {
    timer = null;
    if (waiting === null) return;
    const { value } = waiting;
    waiting = null;
    sendNow(value);
  };
  const sendNow = (value: unknown) => {
    send(value);
    timer = setTimeout(quiet, intervalMs);
    timer.unref();
  };

  return {
    push(value) {
      if (stopped) return;
      if (timer === null) sendNow(value);
      else waiting = { value };
    },
    stop() {
      stopped = true;
      waiting = null;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
