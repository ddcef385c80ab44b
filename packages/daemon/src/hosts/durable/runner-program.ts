/**
 * The runner in one process, for hosts that have perl: what script.ts does with twelve processes a command costs two
 * here, the runner and the command. Files, marks and their order are the same; whoever comes later follows
 * with the shell script, which does not ask who wrote them (docs/formats/host-files.md).
 *
 * One perl serves one command after the other on its standard input, `<bytes>\n` and then netstrings in the order of
 * `RUNNER_FIELDS`. It only starts what nobody has started: `elsewhere` means that there is a `.run` already, or
 * that the fence is taken, and that the script is to be asked. It ends with its standard input.
 *
 * The runner of the next command is forked before there is one, and waits for it; what a command has to wait for is
 * one fork and its shell. It says `+` to its parent when it has begun, or `!` and why not, and then a byte
 * for each time that there is something to read.
 *
 * No module but POSIX, which every perl has; nothing newer than perl 5.10.
 */
export const RUNNER_FIELDS = [
  "nonce",
  "guard",
  "fence",
  "operation",
  "operationBytes",
  "pool",
  "poolBytes",
  "temporary",
  "release",
  "owner",
  "id",
  "spool",
  "command",
] as const;

export const RUNNER_PROGRAM = String.raw`
use strict;
$0 = 'mtui-runner';
my ($nonce, $limit, $patience, $reason_limit) = @ARGV;
my ($in, $null, $next) = ('');
my %a;
my %held;
my @deaf = qw(HUP INT QUIT TERM PIPE USR1 XFSZ);
require POSIX;
put(*STDOUT, "\036$nonce ready perl\n");
open $null, '>', '/dev/null' or exit 1;
serve() while 1;

sub put {
  my ($to, $bytes) = @_;
  $bytes = delete($held{fileno $to}) . $bytes if exists $held{fileno $to};
  my $at = 0;
  while ($at < length $bytes) {
    my $n = syswrite $to, $bytes, length($bytes) - $at, $at;
    if (defined $n) { $at += $n } elsif ($! != POSIX::EINTR()) { exit 0 }
  }
}
sub mark { my ($to, @words) = @_; put($to, "\036$nonce @words\n") }
sub more {
  my $n = sysread STDIN, $in, 65536, length $in;
  exit 0 unless $n or !defined $n and $! == POSIX::EINTR();
}
sub there { -e $_[0] or -l $_[0] }
sub plain { -f $_[0] and !-l $_[0] }
sub line_of {
  my ($file) = @_;
  my $line = '';
  open my $from, '<', $file or return '';
  sysread $from, $line, 65536;
  return $line;
}

# A request is complete before anything of it is done.
sub serve {
  $next ||= runner_in_waiting();
  more() until $in =~ s/^(\d{1,8})\n//;
  my $size = $1;
  more() while length $in < $size;
  my $request = substr $in, 0, $size, '';
  read_fields($request);
  $nonce = $a{nonce};
  my ($runner, $to, $hear) = @{$next || []};
  $next = undef;
  return mark(*STDOUT, 'elsewhere') unless $runner;
  put($to, "$size\n$request");
  close $to;
  my $why = first_word($hear);
  if ($why eq '+') { follow($runner, $hear) }
  elsif ($why =~ s/^!//) {
    $why =~ s/\s/ /g;
    mark(*STDOUT, 'refused ' . substr $why, 0, $reason_limit);
  }
  else { mark(*STDOUT, 'elsewhere') }
  waitpid $runner, 0;
}

sub read_fields {
  my ($text) = @_;
  my @fields;
  push @fields, substr $text, 0, $1, '' while $text =~ s/^(\d+)://;
  @a{qw(${RUNNER_FIELDS.join(" ")})} = @fields;
}

sub first_word {
  my ($hear) = @_;
  my $word = '';
  while (1) {
    my $n = sysread $hear, $word, $word =~ /^!/ ? 4096 : 1, length $word;
    return $word if defined $n && $n == 0 or $word eq '+';
    return '' if !defined $n and $! != POSIX::EINTR();
  }
}

sub runner_in_waiting {
  pipe my $from, my $to or return;
  pipe my $hear, my $tell or return;
  my $runner = fork;
  return unless defined $runner;
  if ($runner) { close $from; close $tell; return [$runner, $to, $hear] }
  close $to;
  close $hear;
  POSIX::setsid();
  $SIG{$_} = 'IGNORE' for @deaf;
  $SIG{CHLD} = sub { };
  open STDIN, '<', '/dev/null';
  open STDOUT, '>', '/dev/null';
  open STDERR, '>', '/dev/null';
  my $request = '';
  while (1) {
    my $n = sysread $from, $request, 65536, length $request;
    last if defined $n ? $n == 0 : $! != POSIX::EINTR();
  }
  # Half a request is none.
  POSIX::_exit(0) unless $request =~ s/^(\d+)\n// and length $request == $1;
  read_fields($request);
  eval { runner($tell) };
  # Before what takes longer: the end of a process.
  close $tell;
  POSIX::_exit(0);
}

# What stands is text of our own, in one line without an end; its time may have been renewed.
sub ours {
  my ($file, $text) = @_;
  return 0 unless plain($file);
  my $line = line_of($file);
  return 0 if length $line > $limit or $line =~ /\n/ or $line !~ /^\d+:/;
  s/^[^:]*:// for $line, $text;
  return $line eq $text;
}

sub place {
  my $home = defined $ENV{HOME} && $ENV{HOME} ne '' ? $ENV{HOME} : (getpwuid $>)[7];
  my $dir = "$home/.mtuid/$a{owner}";
  return ("$dir/$a{id}", $dir, "$home/.mtuid");
}

# The fence, the locks, the files; or why not.
sub begin {
  my ($file, $dir, $ours) = place();
  return 'elsewhere' if -e "$file.run";
  return 'fence' if there($a{fence}) and !plain($a{fence});
  sysopen my $fence, $a{fence}, POSIX::O_WRONLY() | POSIX::O_CREAT() | POSIX::O_APPEND() or return 'fence';
  flock $fence, 6 or return $! == POSIX::EAGAIN() ? 'elsewhere' : 'fence';
  return 'operation' unless ours($a{operation}, $a{operationBytes});
  return 'pool' unless $a{pool} eq '' or ours($a{pool}, $a{poolBytes});
  return "home $dir is not a directory of ours" if -l $ours or -l $dir;
  -d $dir or (mkdir $ours, 0700), mkdir $dir, 0700;
  my ($run, $out, $err);
  sysopen $run, "$file.run", POSIX::O_WRONLY() | POSIX::O_CREAT() | POSIX::O_EXCL() | POSIX::O_APPEND()
    or return $! == POSIX::EEXIST() ? 'elsewhere' : "home $!: $file.run";
  my $create = POSIX::O_WRONLY() | POSIX::O_CREAT() | POSIX::O_TRUNC() | POSIX::O_APPEND();
  chomp(my $boot = line_of('/proc/sys/kernel/random/boot_id'));
  unless (note($run, "boot $boot\n") and sysopen $out, "$file.out", $create and sysopen $err, "$file.err", $create) {
    my $why = "$!";
    unlink map { "$file.$_" } qw(run out err);
    return "home $why: $file";
  }
  return undef, $file, $fence, $run, $out, $err;
}

# One write for each note: a disk that takes only half of it leaves a line that says nothing.
sub note {
  my ($run, $text) = @_;
  my $n = syswrite $run, $text;
  return 1 if defined $n and $n == length $text;
  syswrite $run, "\n" if $n;
  return 0;
}

sub runner {
  my ($tell) = @_;
  $0 = "mtui-runner:$a{id}";
  my ($why, $file, $fence, $run, $out, $err) = begin();
  if (defined $why) { syswrite $tell, $why eq 'elsewhere' ? '?' : "!$why"; return }
  syswrite $tell, '+';
  my $start = (split / /, line_of('/proc/self/stat'))[21];
  note($run, "run $$ $start\npump o $$\npump e $$\n");
  my @streams = map { { to => $_, room => $a{spool}, read => 0, kept => 0 } } $out, $err;
  my ($from_out, $to_out, $from_err, $to_err, $command);
  unless (pipe $from_out, $to_out and pipe $from_err, $to_err and defined($command = fork)) {
    keep($streams[1], "The command could not be started: $!\n");
    return over($file, $fence, $run, 126, @streams);
  }
  if (!$command) {
    POSIX::setsid();
    POSIX::dup2(fileno $to_out, 1);
    POSIX::dup2(fileno $to_err, 2);
    $SIG{$_} = 'DEFAULT' for @deaf, 'CHLD';
    my $shell = defined $ENV{SHELL} && $ENV{SHELL} ne '' ? $ENV{SHELL} : '/bin/sh';
    { no warnings; exec { $shell } $shell, '-c', $a{command} }
    syswrite STDERR, "$shell: $!\n";
    POSIX::_exit($! == POSIX::ENOENT() ? 127 : 126);
  }
  close $to_out;
  close $to_err;
  note($run, "go $command\n");
  $streams[0]{from} = $from_out;
  $streams[1]{from} = $from_err;
  unblock($_) for $from_out, $from_err, $tell;
  my @open = @streams;
  my $code;
  # A signal just before the select is not missed for longer than that.
  while (@open and !defined $code) {
    my $bits = '';
    vec($bits, fileno $_->{from}, 1) = 1 for @open;
    if (0 < select $bits, undef, undef, 1) {
      my @ready = grep { vec $bits, fileno $_->{from}, 1 } @open;
      my $had = $streams[0]{read} + $streams[1]{read};
      my %ended = map { ($_ => 1) } grep { !pump($_) } @ready;
      @open = grep { !$ended{$_} } @open;
      syswrite $tell, '.' if $streams[0]{read} + $streams[1]{read} > $had;
    }
    $code = status($?) if waitpid($command, POSIX::WNOHANG()) == $command;
  }
  until (defined $code) {
    my $pid = waitpid $command, 0;
    $code = status($?) if $pid == $command;
    return if $pid < 0 and $! == POSIX::ECHILD();
  }
  # What it wrote is in the pipes; what it left behind may hold them open, and even go on writing.
  for my $stream (@open) {
    my $most = $stream->{read} + (16 << 20);
    1 while $stream->{read} < $most and pump($stream) == 2;
  }
  over($file, $fence, $run, $code, @streams);
}

sub over {
  my ($file, $fence, $run, $code, @streams) = @_;
  my $exit = join(' ', 'exit', $code, map { $_->{read} + $_->{kept} } @streams) . "\n";
  $exit = '' if note($run, $exit);
  my $given = $a{release} ? give() : '-';
  close $fence;
  while (-e "$file.run") {
    last if note($run, $exit . "end $given - - .\n");
    sleep 1;
  }
}

sub status { my ($status) = @_; return $status & 127 ? 128 + ($status & 127) : $status >> 8 }
sub unblock { my ($file) = @_; fcntl $file, POSIX::F_SETFL(), fcntl($file, POSIX::F_GETFL(), 0) | POSIX::O_NONBLOCK() }

# 0 at its end, 1 when there is no more for now, 2 when there may be. All of it goes to the null device as well: the kernel counts it there.
sub pump {
  my ($stream) = @_;
  for (1 .. 16) {
    my $n = sysread $stream->{from}, my $bytes, 65536;
    next if !defined $n and $! == POSIX::EINTR();
    return $! == POSIX::EAGAIN() ? 1 : 0 unless defined $n;
    return 0 if $n == 0;
    keep($stream, $bytes);
  }
  return 2;
}

# As much of it as the file takes.
sub keep {
  my ($stream, $bytes) = @_;
  my ($at, $most) = (0, length $bytes);
  $stream->{read} += $most;
  syswrite $null, $bytes;
  $most = $stream->{room} if $most > $stream->{room};
  while ($at < $most) {
    my $n = syswrite $stream->{to}, $bytes, $most - $at, $at;
    next if !defined $n and $! == POSIX::EINTR();
    if (!$n) { $stream->{room} = $at; last }
    $at += $n;
  }
  $stream->{kept} += $at;
  $stream->{room} -= $at;
}

# The operation lock, if it is still ours; compared and removed under the guard.
sub give {
  return 'error' if there($a{guard}) and !plain($a{guard});
  sysopen my $guard, $a{guard}, POSIX::O_WRONLY() | POSIX::O_CREAT() | POSIX::O_APPEND() or return 'error';
  my $tries = 100 * $patience;
  until (flock $guard, 6) {
    return 'error' if $! != POSIX::EAGAIN() and $! != POSIX::EINTR() or !$tries--;
    select undef, undef, undef, 0.01;
  }
  return 'absent' unless there($a{operation});
  return 'foreign' unless ours($a{operation}, $a{operationBytes});
  unlink $a{temporary};
  return unlink($a{operation}) ? 'released' : 'error';
}

# The parent of the runner, which is told when there is something to read; its end closes the pipe.
sub follow {
  my ($runner, $hear) = @_;
  my ($file) = place();
  # Without them, because somebody removed them, there is nothing to copy.
  open my $out, '<', "$file.out";
  open my $err, '<', "$file.err";
  # With the first words that follow: a short command is two packets and not four.
  $held{1} = $held{2} = "\036$nonce go\n";
  my ($looks, $group, $over, $more, $ticked) = (0, 0, 0, 0, time);
  until ($over and !$more) {
    my $bits = '';
    vec($bits, fileno STDIN, 1) = 1;
    vec($bits, fileno $hear, 1) = 1 unless $over;
    my $n = select $bits, undef, undef, $more ? 0 : $group ? 1 : 0.03;
    $looks++;
    if ($n > 0) {
      more() if vec $bits, fileno STDIN, 1;
      if (!$over and vec $bits, fileno $hear, 1) {
        my $told = sysread $hear, my $dots, 65536;
        $over = 1 if defined $told && $told == 0;
      }
    }
    put(*STDOUT, ''), put(*STDERR, '') if $n == 0;
    # Before the bytes: a flood must not keep from anybody what is to be ended.
    if (!$group and !$over and ($n == 0 or $looks > 1) and slurp("$file.run") =~ /^go (\d+)$/m) {
      $group = $1;
      mark(*STDOUT, "group $group");
    }
    if ($ticked != time) {
      $ticked = time;
      my $wrote = slurp("/proc/$runner/io") =~ /^wchar: (\d+)/m ? $1 : '-';
      mark(*STDOUT, "tick $wrote $wrote");
    }
    $more = copy($out, *STDOUT) + copy($err, *STDERR);
  }
  my $said = slurp("$file.run");
  my ($exit, @wrote) = $said =~ /^exit (\d+) (\d+) (\d+)$/m;
  my ($given) = $said =~ /^end (\S+) - - \.$/m;
  if (defined $exit and defined $given) { mark(*STDOUT, "end $exit $given @wrote") } else { mark(*STDOUT, 'end runner - - -') }
  mark(*STDERR, 'end');
}

sub slurp {
  my ($file) = @_;
  my $text = '';
  open my $from, '<', $file or return '';
  1 while sysread $from, $text, 65536, length $text;
  return $text;
}

# In turns: what floods one stream does not hold up the other. True when there may be more.
sub copy {
  my ($from, $to) = @_;
  return 0 unless defined fileno $from;
  for (1 .. 32) {
    my $n = sysread $from, my $bytes, 65536;
    return 0 unless $n;
    put($to, $bytes);
  }
  return 1;
}
`;
