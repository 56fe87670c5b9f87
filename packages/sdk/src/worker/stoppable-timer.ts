// A timer that can be held: what is left of its time goes on later.

export interface StoppableTimer extends Disposable {
  hold(): void;
  resume(): void;
}

export function startTimer(ms: number, onEnd: () => void): StoppableTimer {
  let leftMs = ms;
  let startedMs = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined = setTimeout(onEnd, leftMs);
  return {
    hold() {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      leftMs = Math.max(0, leftMs - (performance.now() - startedMs));
    },
    resume() {
      if (timer !== undefined) return;
      startedMs = performance.now();
      timer = setTimeout(onEnd, leftMs);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
    },
  };
}
