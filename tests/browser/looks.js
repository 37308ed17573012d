// What a test asks of a page's look (WCAG 2.2: 1.4.3 contrast, 1.4.10 reflow, 2.4.3 focus order, 4.1.2 names).

({
  visible: (item) => item.checkVisibility({ opacityProperty: true, visibilityProperty: true }),

  controls() {
    const wanted = "input:not([type=hidden]), select, textarea, button, a[href], summary";
    return [...document.querySelectorAll(wanted)].filter((item) => this.visible(item) && !item.disabled);
  },

  sticksOut: () => document.documentElement.scrollWidth - innerWidth > 0,

  // A card cuts off what is wider than it.
  clipped() {
    const cards = [...document.querySelectorAll(".card")];
    return cards.filter((item) => item.scrollWidth > item.clientWidth).map((item) => item.innerText.slice(0, 40));
  },

  // The page's own width where it is wider than the window, and how each cut card begins.
  async cutOff() {
    await this.settled();
    return [...(this.sticksOut() ? [document.documentElement.scrollWidth] : []), ...this.clipped()];
  },

  nameless() {
    const named = (item) =>
      item.labels?.length || item.innerText?.trim() || item.getAttribute("aria-label") || item.querySelector("[aria-label], [alt]:not([alt=''])");
    return this.controls().filter((item) => !named(item)).map((item) => item.outerHTML);
  },

  texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const { parentElement } = walker.currentNode;
      if (walker.currentNode.data.trim() && !parentElement.closest("option, script, .visually-hidden") && this.visible(parentElement)) {
        found.push(walker.currentNode);
      }
    }
    return found;
  },

  // Words of a button's label, or of what else is asked about, that a line break cuts. A name may be longer
  // than a line, and then has to be; so may an id.
  broken(within = ".button, .badge, .control .word, button") {
    const cut = [];
    for (const node of this.texts().filter((text) => text.parentElement.closest(within) && !text.parentElement.closest(".mono"))) {
      for (const word of node.data.matchAll(/(?<![^\s:-])[^\s:-]{1,40}(?![^\s:-])/g)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((rect) => Math.round(rect.top))).size > 1) {
          cut.push(word[0]);
        }
      }
    }
    return cut;
  },

  rgba(colour) {
    this.brush ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    this.brush.clearRect(0, 0, 1, 1);
    this.brush.fillStyle = colour;
    this.brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = this.brush.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  },

  over(above, below) {
    const a = above[3];
    return [0, 1, 2].map((i) => above[i] * a + below[i] * (1 - a)).concat(1);
  },

  ground(item) {
    const layers = [];
    for (let at = item; at; at = at.parentElement) {
      layers.push(this.rgba(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)[3] === 1) {
        break;
      }
    }
    return layers.reduceRight((below, above) => this.over(above, below), [255, 255, 255, 1]);
  },

  light(colour) {
    const [r, g, b] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  },

  faint() {
    const weak = [];
    for (const { parentElement: item, data } of this.texts()) {
      const style = getComputedStyle(item);
      const size = parseFloat(style.fontSize);
      const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
      const ground = this.ground(item);
      const lights = [this.light(this.over(this.rgba(style.color), ground)), this.light(ground)].sort((a, b) => a - b);
      const contrast = (lights[1] + 0.05) / (lights[0] + 0.05);
      if (contrast < least) {
        weak.push(`${data.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
      }
    }
    return weak;
  },

  headings: () => [...document.querySelectorAll("h1")].filter((item) => item.checkVisibility()).length,

  // Colours that are still on their way say nothing.
  async settled() {
    const ends = (moving) => Number.isFinite(moving.effect.getComputedTiming().endTime);
    for (let moving = [null]; moving.length; moving = document.getAnimations().filter(ends)) {
      await Promise.allSettled(moving.map((one) => one?.finished));
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }
  },

  async problems() {
    await this.settled();
    const found = { nameless: this.nameless(), faint: this.faint(), broken: this.broken(), clipped: this.clipped() };
    if (this.sticksOut()) {
      found.sticksOut = document.documentElement.scrollWidth;
    }
    if (this.headings() !== 1) {
      found.headings = this.headings();
    }
    return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value === "number" || value.length));
  },
})
