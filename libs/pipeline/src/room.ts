/** Bounds what is held at a time. First come, first served; where nothing is held one enters, however large. */
export class Room {
  private used = 0;
  private readonly waiting: { readonly size: number; readonly enter: () => void }[] = [];
  private isBounded = true;

  constructor(private readonly capacity: number) {}

  /** Resolves when there is room. */
  enter(size: number): Promise<void> {
    return new Promise((enter) => {
      this.waiting.push({ size, enter });
      this.admit();
    });
  }

  /** What is held is so much more, or less, than thought. Waits for nobody. */
  change(by: number): void {
    this.used += by;
    this.admit();
  }

  leave(size: number): void {
    this.change(-size);
  }

  async hold<T>(size: number, work: () => Promise<T>): Promise<T> {
    await this.enter(size);
    try {
      return await work();
    } finally {
      this.leave(size);
    }
  }

  /** From now on everybody enters. */
  open(): void {
    this.isBounded = false;
    this.admit();
  }

  private admit(): void {
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      const fits = this.used === 0 || this.used + next.size <= this.capacity;
      if (!fits && this.isBounded) return;
      this.waiting.shift();
      this.used += next.size;
      next.enter();
    }
  }
}
