;; Plays many blocks of Glicol in one crossing from Python, which costs as much as several blocks.
;;
;; Glicol's own reset() is not used: hash tables in the engine keep their seeds through it, so sums come out
;; in another order and differ in the last bit, and ~input is lost. Instead the memory of a prepared engine is kept
;; and put back, which is exact and no slower.
;;
;; The buffers live in pages of our own, beyond the engine's heap: alloc() never frees.
(module
  (import "glicol" "memory" (memory 0))
  (import "glicol" "process" (func $process (param i32 i32 i32 i32)))
  (import "glicol" "update" (func $update (param i32 i32)))
  (import "glicol" "live_coding_mode" (func $live_coding_mode (param i32)))
  (import "glicol" "set_sr" (func $set_sr (param f32)))
  (import "glicol" "set_bpm" (func $set_bpm (param f32)))
  (import "glicol" "set_seed" (func $set_seed (param f32)))
  (import "glicol" "add_sample" (func $add_sample (param i32 i32 i32 i32 i32 i32)))
  (export "add_sample" (func $add_sample))

  ;; The header, through which Python and play talk (a crossing with arguments costs twice as much):
  ;;   i32 at 0 restore?, 4 text, 8 length of text (0: unchanged), 12 out, 16 blocks   read by play
  ;;   i32 at 20 status, 24 has the engine asked for memory beyond ours?              written by play
  ;;   256 bytes at 64: the engine's console; 512 bytes at 320: a silent input block
  (global $header (mut i32) (i32.const 0))
  (global $header_bytes i32 (i32.const 832))
  ;; The engine's data and heap; its stack lies below and holds nothing between calls.
  (global $state i32 (i32.const 0x100000))
  (global $state_bytes (mut i32) (i32.const 0))
  (global $kept (mut i32) (i32.const 0))
  ;; Pages there would be had the engine not grown its memory since prepare.
  (global $pages (mut i32) (i32.const 0))

  ;; Set a new engine up. Returns the address of the header, or -1 if there is no memory for it.
  (func (export "prepare") (param $sample_rate f32) (param $bpm f32) (param $seed f32) (result i32)
    (call $live_coding_mode (i32.const 0))
    (call $set_sr (local.get $sample_rate))
    (call $set_bpm (local.get $bpm))
    (call $set_seed (local.get $seed))
    (global.set $pages (memory.size))
    (global.set $state_bytes
      (i32.sub (i32.shl (memory.size) (i32.const 16)) (global.get $state)))
    (global.set $header (call $reserve (global.get $header_bytes)))
    (global.get $header))

  ;; New zeroed pages for our own use. Returns their address, or -1.
  (func $reserve (export "reserve") (param $bytes i32) (result i32)
    (local $more i32) (local $at i32)
    (local.set $more (i32.shr_u (i32.add (local.get $bytes) (i32.const 0xffff)) (i32.const 16)))
    (local.set $at (memory.grow (local.get $more)))
    (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
    (global.set $pages (i32.add (global.get $pages) (local.get $more)))
    (i32.shl (local.get $at) (i32.const 16)))

  ;; Keep the engine as it is now, to be restored later. Returns an address, or -1.
  (func (export "keep") (result i32)
    (global.set $kept (call $reserve (global.get $state_bytes)))
    (if (i32.ne (global.get $kept) (i32.const -1))
      (then (memory.copy (global.get $kept) (global.get $state) (global.get $state_bytes))))
    (global.get $kept))

  (func (export "play")
    (local $out i32) (local $blocks i32) (local $status i32)
    (if (i32.load (global.get $header))
      (then (memory.copy (global.get $state) (global.get $kept) (global.get $state_bytes))))
    (if (i32.load offset=8 (global.get $header))
      (then (call $update (i32.load offset=4 (global.get $header)) (i32.load offset=8 (global.get $header)))))
    (local.set $out (i32.load offset=12 (global.get $header)))
    (local.set $blocks (i32.load offset=16 (global.get $header)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $blocks)))
        (call $process
          (i32.add (global.get $header) (i32.const 320))
          (local.get $out)
          (i32.const 256)
          (i32.add (global.get $header) (i32.const 64)))
        ;; An error is said in the block after the update only; later blocks would wipe it out.
        (local.set $status (i32.load8_u offset=64 (global.get $header)))
        (br_if $done (local.get $status))
        ;; A block is 128 frames left, then 128 right: the next left overwrites this right.
        (local.set $out (i32.add (local.get $out) (i32.const 512)))
        (local.set $blocks (i32.sub (local.get $blocks) (i32.const 1)))
        (br $next)))
    (i32.store offset=20 (global.get $header) (local.get $status))
    (i32.store offset=24 (global.get $header) (i32.ne (memory.size) (global.get $pages)))))
