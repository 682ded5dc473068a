// Sounds: taken from the page's data, decoded once, played sample by sample.

const store = new Map(Object.entries(JSON.parse(document.getElementById("data").textContent)));
const decoded = new Map();

// A promise of a sound's AudioBuffer. An offline context decodes without a user's gesture, at the sound's own rate.
function decode(key) {
  if (!decoded.has(key)) {
    const bytes = Uint8Array.from(atob(store.get(key).data), (letter) => letter.charCodeAt(0));
    decoded.set(key, new OfflineAudioContext(1, 1, rateOf(bytes)).decodeAudioData(bytes.buffer));
  }
  return decoded.get(key);
}

// FLAC says its sample rate in its first block; MP3 is decoded at the usual rate.
function rateOf(bytes) {
  const flac = bytes[0] === 0x66 && bytes[1] === 0x4c && bytes[2] === 0x61 && bytes[3] === 0x43;
  const rate = flac ? (bytes[18] << 12) | (bytes[19] << 4) | (bytes[20] >> 4) : 44100;
  return rate >= 8000 && rate <= 96000 ? rate : 44100;
}

const FADE = 0.004; // seconds, so that starting and stopping within a sound does not click

const player = {
  context: null,
  current: null, // {item, name, key, source, gain, began, offset, seconds}
  asked: 0,
  loop: false,
  changed: () => {},

  async play(item, name, key, offset = 0) {
    const asked = ++this.asked;
    this.context ??= new AudioContext();
    this.context.resume();
    const buffer = await decode(key);
    if (asked !== this.asked) return; // another one was asked for meanwhile
    this.silence();
    const source = new AudioBufferSourceNode(this.context, { buffer, loop: this.loop });
    const gain = new GainNode(this.context, { gain: 0 });
    const start = Math.min(offset, Math.max(buffer.duration - 0.01, 0));
    const now = this.context.currentTime;
    const level = store.get(key).gain;
    if (start > 0) gain.gain.setValueAtTime(0, now).linearRampToValueAtTime(level, now + FADE);
    else gain.gain.setValueAtTime(level, now);
    source.connect(gain).connect(this.context.destination);
    source.start(now, start);
    const playing = { item, name, key, source, gain, began: now, offset: start, seconds: buffer.duration };
    this.current = playing;
    source.onended = () => {
      if (this.current === playing) {
        this.current = null;
        this.changed();
      }
    };
    this.changed();
  },

  // Where in the sound that plays, in seconds.
  position() {
    const { began, offset, seconds } = this.current;
    const passed = offset + this.context.currentTime - began;
    return this.loop ? passed % seconds : Math.min(passed, seconds);
  },

  silence() {
    const playing = this.current;
    this.current = null;
    if (!playing) return;
    const now = this.context.currentTime;
    playing.gain.gain.cancelScheduledValues(now);
    playing.gain.gain.setTargetAtTime(0, now, FADE / 3);
    playing.source.stop(now + 2 * FADE);
  },

  stop() {
    this.asked++;
    this.silence();
    this.changed();
  },

  setLoop(loop) {
    if (this.current) {
      const place = this.position();
      Object.assign(this.current, { began: this.context.currentTime, offset: place });
      this.current.source.loop = loop;
    }
    this.loop = loop;
    this.changed();
  },
};
