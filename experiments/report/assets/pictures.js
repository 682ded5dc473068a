// Waveforms and spectrograms, drawn from the decoded sounds.

const N_FFT = 2048;
const DECIBELS = 80; // the range that is coloured, down from a sine of full scale
const LINEAR_TO = 500; // Hz; above, the scale of frequencies is logarithmic

const WINDOW = Float32Array.from({ length: N_FFT }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / N_FFT));
const TURNS = Float64Array.from({ length: N_FFT }, (_, n) => (2 * Math.PI * (n >> 1)) / N_FFT).map((angle, n) =>
  n % 2 ? -Math.sin(angle) : Math.cos(angle));
const BITS = Math.log2(N_FFT);
const REVERSED = Uint16Array.from({ length: N_FFT }, (_, n) => {
  let turned = 0;
  for (let bit = 0; bit < BITS; bit++) turned |= ((n >> bit) & 1) << (BITS - 1 - bit);
  return turned;
});

// The radix-2 transform of N_FFT complex numbers, in place.
function transform(re, im) {
  for (let n = 0; n < N_FFT; n++) {
    const m = REVERSED[n];
    if (m > n) [re[n], re[m], im[n], im[m]] = [re[m], re[n], im[m], im[n]];
  }
  for (let half = 1; half < N_FFT; half *= 2) {
    const stride = N_FFT / (2 * half);
    for (let start = 0; start < N_FFT; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const c = TURNS[2 * k * stride];
        const s = TURNS[2 * k * stride + 1];
        const a = start + k;
        const b = a + half;
        const x = re[b] * c - im[b] * s;
        const y = re[b] * s + im[b] * c;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

// Levels [columns][N_FFT / 2 + 1] of a sound from 0 (quiet) to 1 (a sine of full scale). Two columns are transformed
// at once, as real and imaginary part.
function levels(samples, gain, columns) {
  const found = [];
  const re = new Float64Array(N_FFT);
  const im = new Float64Array(N_FFT);
  const fill = (into, column) => {
    const first = Math.round(((column + 0.5) * samples.length) / columns) - N_FFT / 2;
    for (let n = 0; n < N_FFT; n++) into[n] = WINDOW[n] * (samples[first + n] ?? 0);
  };
  const level = (power) => Math.max(0, 1 + (10 * Math.log10(power * gain * gain * (4 / N_FFT) ** 2 + 1e-20)) / DECIBELS);
  for (let column = 0; column < columns; column += 2) {
    fill(re, column);
    fill(im, Math.min(column + 1, columns - 1));
    transform(re, im);
    const [one, two] = [new Float32Array(N_FFT / 2 + 1), new Float32Array(N_FFT / 2 + 1)];
    for (let k = 0; k <= N_FFT / 2; k++) {
      const m = (N_FFT - k) % N_FFT;
      const [ar, ai, br, bi] = [re[k] + re[m], im[k] - im[m], im[k] + im[m], re[m] - re[k]];
      one[k] = Math.min(1, level((ar * ar + ai * ai) / 4));
      two[k] = Math.min(1, level((br * br + bi * bi) / 4));
    }
    found.push(one, two);
  }
  return found.slice(0, columns);
}

// From dark to bright, even to the eye in grey too.
const COLOURS = [[2, 2, 12], [34, 14, 78], [92, 20, 120], [150, 40, 118], [206, 66, 96], [242, 112, 78], [253, 170, 104], [252, 226, 160], [253, 252, 214]];
function colour(level) {
  const place = Math.min(Math.max(level, 0), 1) * (COLOURS.length - 1);
  const below = Math.min(Math.floor(place), COLOURS.length - 2);
  return COLOURS[below].map((value, n) => value + (place - below) * (COLOURS[below + 1][n] - value));
}
const PALETTE = Uint8ClampedArray.from(Array.from({ length: 256 }, (_, n) => colour(n / 255)).flat());

// Where a frequency lies: 0 at the bottom, 1 at half the sample rate.
function height(hertz, top) {
  const bend = 1 / (1 + Math.log10(top / LINEAR_TO));
  return hertz < LINEAR_TO ? (bend * hertz) / LINEAR_TO : bend + (1 - bend) * (Math.log(hertz / LINEAR_TO) / Math.log(top / LINEAR_TO));
}
function hertz(place, top) {
  const bend = 1 / (1 + Math.log10(top / LINEAR_TO));
  return place < bend ? (LINEAR_TO * place) / bend : LINEAR_TO * (top / LINEAR_TO) ** ((place - bend) / (1 - bend));
}

function prepare(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { width, height: tall } = canvas.getBoundingClientRect();
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(tall * scale));
  const context = canvas.getContext("2d");
  context.font = `${11 * scale}px system-ui, sans-serif`;
  return { context, scale, wide: canvas.width, tall: canvas.height };
}

// Several sounds are drawn to one scale: `seconds` and `peak` are those of the longest and of the loudest.
function drawWave(canvas, buffer, gain, seconds, peak) {
  const { context, scale, wide, tall } = prepare(canvas);
  const style = getComputedStyle(canvas);
  const samples = buffer.getChannelData(0);
  const across = Math.max(1, Math.round((wide * buffer.duration) / seconds));
  const middle = tall / 2;
  const reach = ((middle - 3 * scale) * gain) / peak;
  context.fillStyle = style.borderTopColor;
  context.fillRect(0, Math.round(middle), wide, 1);
  context.fillStyle = style.color;
  for (let column = 0; column < across; column++) {
    const first = Math.floor((column * samples.length) / across);
    const last = Math.max(first + 1, Math.floor(((column + 1) * samples.length) / across));
    let low = Infinity;
    let high = -Infinity;
    for (let n = first; n < last; n++) {
      if (samples[n] < low) low = samples[n];
      if (samples[n] > high) high = samples[n];
    }
    // A column reaches the one before it, so that the line has no holes.
    if (column) [low, high] = [Math.min(low, samples[first - 1] ?? low), Math.max(high, samples[first - 1] ?? high)];
    const top = middle - high * reach;
    context.fillRect(column, top, 1, Math.max(scale, (high - low) * reach));
  }
}

function drawSpectrogram(canvas, buffer, gain, seconds) {
  const { context, scale, wide, tall } = prepare(canvas);
  const columns = Math.max(1, Math.min(400, Math.round((wide * buffer.duration) / seconds)));
  const found = levels(buffer.getChannelData(0), gain, columns);
  const top = buffer.sampleRate / 2;
  const image = new ImageData(columns, tall);
  for (let y = 0; y < tall; y++) {
    // A row of pixels shows the loudest of the bins that it spans.
    const from = (hertz(1 - (y + 1) / tall, top) * N_FFT) / buffer.sampleRate;
    const to = (hertz(1 - y / tall, top) * N_FFT) / buffer.sampleRate;
    const [first, last] = [Math.floor(from), Math.max(Math.floor(from), Math.ceil(to) - 1)];
    for (let x = 0; x < columns; x++) {
      const bins = found[x];
      let level = 0;
      if (last > first) for (let k = first; k <= last; k++) level = Math.max(level, bins[k]);
      else level = bins[first] + ((from + to) / 2 - first) * ((bins[first + 1] ?? bins[first]) - bins[first]);
      const place = 3 * Math.round(Math.min(1, level) * 255);
      image.data.set([PALETTE[place], PALETTE[place + 1], PALETTE[place + 2], 255], 4 * (y * columns + x));
    }
  }
  const picture = new OffscreenCanvas(columns, tall);
  picture.getContext("2d").putImageData(image, 0, 0);
  context.fillStyle = `rgb(${COLOURS[0]})`;
  context.fillRect(0, 0, wide, tall);
  context.drawImage(picture, 0, 0, (wide * buffer.duration) / seconds, tall);
  context.fillStyle = "#fff";
  Object.assign(context, { shadowColor: "#000", shadowBlur: 4 * scale });
  for (const [value, text] of [[100, "100 Hz"], [500, "500"], [2000, "2k"], [8000, "8k"]]) {
    const y = Math.round(tall * (1 - height(value, top)));
    context.fillRect(0, y, 4 * scale, 1);
    context.fillText(text, 7 * scale, y + 4 * scale);
  }
  const end = `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  context.fillText(end, wide - context.measureText(end).width - 6 * scale, tall - 6 * scale);
}

// Draw the sounds of an item that is shown; between two sounds the page may do other things.
let drawing = 0;
async function draw(article) {
  const mine = ++drawing;
  const figures = [...article.querySelectorAll("figure.sound")];
  const held = figures.map((figure) => store.get(figure.dataset.sound));
  const seconds = Math.max(...held.map((sound) => sound.seconds));
  const peak = Math.max(...held.map((sound) => sound.peak), 1e-3);
  for (const [place, figure] of figures.entries()) {
    const buffer = await decode(figure.dataset.sound);
    if (mine !== drawing || article.hidden) return;
    const { gain } = held[place];
    drawWave(figure.querySelector(".wave"), buffer, gain, seconds, peak);
    await new Promise(requestAnimationFrame);
    if (mine !== drawing || article.hidden) return;
    drawSpectrogram(figure.querySelector(".spectrogram"), buffer, gain, seconds);
    figure.dataset.seconds = buffer.duration;
    figure.dataset.span = seconds;
    figure.dataset.drawn = "";
  }
}
