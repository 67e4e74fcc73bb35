import type { Logger } from '../../../lib/logger.ts'
import { type LineProcess, lineProcess } from '../line-process.ts'
import { findProgram, runProgram } from '../run-program.ts'

/** Mounts and unmounts for instances. Everything is mounted with nosuid and nodev. */
export interface MountHelper {
  /** Shows the folder `source` at `target`, read-only. */
  bindReadOnly(source: string, target: string): Promise<void>
  /** Copies the disk image `template` to `image`, holes stay holes, and mounts the copy at `target`. */
  mountDisk(template: string, image: string, target: string): Promise<void>
  mountTmpfs(target: string, options: string): Promise<void>
  /** Takes the mount away from the tree at once, even while it is used. */
  unmount(target: string): Promise<void>
  close(): Promise<void>
}

/**
 * The system calls by perl-base, which every Debian and Ubuntu has, in one process that stays: 0.1 ms a mount where
 * spawning mount(8) takes 5. Every request is a line of URI-encoded words, every answer one line.
 *
 * bind goes over `staging`, a folder on a private mount: a remount does not propagate, so the mount has to be
 * read-only already when it appears in the shared folder.
 */
const PERL_SOURCE = String.raw`
use strict;
my $staging = shift @ARGV;
my $machine = (POSIX_machine());
my ($MOUNT, $UMOUNT) = $machine eq 'aarch64' ? (40, 39) : (165, 166);
my ($RDONLY, $NOSUID, $NODEV, $REMOUNT, $BIND) = (1, 2, 4, 32, 4096);
$| = 1;
sub POSIX_machine { my $m = qx(uname -m); chomp $m; return $m }
sub check { my ($what, $result) = @_; die "$what: $!\n" if $result != 0; }
sub mount { my ($source, $target, $type, $flags, $data) = @_; check("mount $source at $target", syscall($MOUNT, $source, $target, $type, $flags, $data)) }
sub unmount { my ($target) = @_; check("umount $target", syscall($UMOUNT, $target, 2)) }
sub bindReadOnly {
  my ($source, $target) = @_;
  my $none = "none"; my $empty = "";
  mount($source, $staging, $none, $BIND, $empty);
  my $ok = eval { mount($none, $staging, $none, $BIND | $REMOUNT | $RDONLY | $NOSUID | $NODEV, $empty); mount($staging, $target, $none, $BIND, $empty); 1 };
  my $why = $@;
  unmount($staging);
  die $why unless $ok;
}
sub copySparse {
  my ($from, $to) = @_;
  open(my $in, '<:raw', $from) or die "open $from: $!\n";
  open(my $out, '+>:raw', $to) or die "open $to: $!\n";
  truncate($out, -s $in) or die "truncate $to: $!\n";
  my ($at, $buffer) = (0);
  while (defined(my $start = sysseek($in, $at, 3))) {
    my $end = sysseek($in, $start, 4);
    sysseek($in, $start, 0); sysseek($out, $start, 0);
    for (my $left = $end - $start; $left > 0; ) {
      my $n = sysread($in, $buffer, $left > 1048576 ? 1048576 : $left) or die "read $from: $!\n";
      my $written = syswrite($out, $buffer, $n);
      die "write $to: $!\n" unless defined $written && $written == $n;
      $left -= $n;
    }
    $at = $end;
  }
  return $out;
}
sub mountDisk {
  my ($template, $image, $target) = @_;
  my $file = copySparse($template, $image);
  open(my $control, '+<', '/dev/loop-control') or die "open /dev/loop-control: $!\n";
  for my $attempt (1 .. 64) {
    my $number = ioctl($control, 0x4C82, 0); die "no free loop device: $!\n" unless defined $number;
    $number = int($number);
    open(my $loop, '+<', "/dev/loop$number") or die "open /dev/loop$number: $!\n";
    # struct loop_config: the file, a block size of 0 (default), loop_info64 with LO_FLAGS_AUTOCLEAR at its 52nd byte.
    my $config = pack('L L x52 L x176 x64', fileno($file), 0, 4);
    my $done = ioctl($loop, 0x4C0A, $config);
    if (!$done) { next if $!{EBUSY}; die "attach $image: $!\n" }
    my $device = "/dev/loop$number"; my $type = "ext4"; my $options = "errors=continue";
    mount($device, $target, $type, $NOSUID | $NODEV | 1024, $options);
    return;
  }
  die "no loop device stayed free\n";
}
while (my $line = <STDIN>) {
  chomp $line;
  my ($what, @words) = map { s/%([0-9A-F]{2})/chr(hex($1))/ger } split / /, $line;
  my $ok = eval {
    if ($what eq 'bind') { bindReadOnly(@words) }
    elsif ($what eq 'disk') { mountDisk(@words) }
    elsif ($what eq 'tmpfs') { my $type = "tmpfs"; mount($type, $words[0], $type, $NOSUID | $NODEV, $words[1]) }
    elsif ($what eq 'unmount') { unmount(@words) }
    elsif ($what eq 'hello') { }
    else { die "unknown request $what\n" }
    1;
  };
  my $why = $@; $why =~ s/\s+/ /g;
  print $ok ? "ok\n" : "failed $why\n";
}
`

export async function openMountHelper(stagingDir: string, log: Logger): Promise<MountHelper> {
  const perl = await findProgram('perl')
  if (!perl) {
    log.warn(
      {},
      'perl is missing: every mount spawns mount(8), which makes cold starts some milliseconds slower',
    )
    return spawningHelper(stagingDir)
  }
  const helper = lineProcess({
    command: perl,
    args: ['-MErrno', '-e', PERL_SOURCE, stagingDir],
    endsAnswer: () => true,
  })
  await request(helper, 'hello') // started now, not by the first cold start
  return {
    bindReadOnly: (source, target) => request(helper, 'bind', source, target),
    mountDisk: (template, image, target) => request(helper, 'disk', template, image, target),
    mountTmpfs: (target, options) => request(helper, 'tmpfs', target, options),
    unmount: (target) => request(helper, 'unmount', target),
    close: () => helper.close(),
  }
}

async function request(helper: LineProcess, ...words: string[]): Promise<void> {
  const [answer] = await helper.ask(words.map(encodeURIComponent).join(' '))
  if (answer !== 'ok') throw new Error(`mount helper: ${answer}`)
}

function spawningHelper(stagingDir: string): MountHelper {
  const mount = (...args: string[]): Promise<string> => runProgram('mount', args)
  const unmount = async (target: string): Promise<void> => void (await runProgram('umount', ['-l', target]))
  let queue: Promise<unknown> = Promise.resolve()
  return {
    bindReadOnly(source, target) {
      const bound = queue.then(async () => {
        await mount('--bind', source, stagingDir)
        try {
          await mount('-o', 'remount,bind,ro,nosuid,nodev', stagingDir)
          await mount('--bind', stagingDir, target)
        } finally {
          await unmount(stagingDir)
        }
      })
      queue = bound.catch(() => {}) // the next in line does not care; the caller gets the rejection
      return bound
    },
    async mountDisk(template, image, target) {
      await runProgram('cp', ['--sparse=always', template, image])
      await mount('-o', 'loop,nosuid,nodev,noatime', image, target)
    },
    mountTmpfs: async (target, options) =>
      void (await mount('-t', 'tmpfs', '-o', `nosuid,nodev,${options}`, 'tmpfs', target)),
    unmount,
    close: async () => {},
  }
}
