/**
 * The system calls of an instance. What programs need is allowed by name; what could change the machine, look into
 * other processes or reach rarely tested parts of the kernel is refused with EPERM; everything else, including calls
 * that do not exist yet, answers ENOSYS, which libraries take as "this kernel is older" and do without (io_uring).
 * Calls of another architecture (i386, x32) end the process: libseccomp's default.
 */
const words = (...lines: string[]): string[] => lines.join(' ').split(' ')

const ALLOWED: Record<string, string[]> = {
  'files and folders': words(
    'access faccessat faccessat2 open openat openat2 creat close close_range read readv pread64 preadv preadv2',
    'write writev pwrite64 pwritev pwritev2 lseek _llseek sendfile sendfile64 splice tee vmsplice copy_file_range',
    'stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64 ustat',
    'truncate truncate64 ftruncate ftruncate64 fallocate fadvise64 fadvise64_64 arm_fadvise64_64 readahead',
    'fsync fdatasync sync syncfs sync_file_range sync_file_range2 flock fcntl fcntl64 ioctl dup dup2 dup3 pipe pipe2',
    'mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat readlink readlinkat',
    'chdir fchdir getcwd getdents getdents64 chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat',
    'lchown lchown32 umask utime utimes utimensat utimensat_time64 futimesat mknod mknodat memfd_create',
    'getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr',
    'removexattr lremovexattr fremovexattr inotify_init inotify_init1 inotify_add_watch inotify_rm_watch cachestat',
  ),
  memory: words(
    'brk mmap mmap2 munmap mprotect mremap msync madvise mincore mlock mlock2 munlock mlockall munlockall membarrier',
    'pkey_alloc pkey_free pkey_mprotect get_mempolicy memfd_secret map_shadow_stack process_mrelease mseal',
  ),
  'processes and threads': words(
    'fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid getpgrp setpgid',
    'getsid setsid getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid',
    'getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32',
    'setresuid setresuid32 setresgid setresgid32 setgroups setgroups32 setfsuid setfsuid32 setfsgid setfsgid32',
    'prctl arch_prctl set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list rseq getcpu',
    'getrlimit ugetrlimit setrlimit prlimit64 getrusage times capget capset getpriority setpriority ioprio_get',
    'ioprio_set sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler',
    'sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_getattr',
    'sched_setattr uname sysinfo getrandom pidfd_open pidfd_send_signal ptrace seccomp landlock_create_ruleset',
    'landlock_add_rule landlock_restrict_self',
  ),
  signals: words(
    'kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigpending rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn',
    'rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 sigaction sigaltstack sigpending sigprocmask sigreturn',
    'sigsuspend pause alarm signal signalfd signalfd4 restart_syscall',
  ),
  time: words(
    'time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep nanosleep',
    'clock_nanosleep_time64 getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_settime',
    'timer_gettime64 timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64',
  ),
  'waiting for events': words(
    'poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 epoll_ctl',
    'epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 futex futex_time64 futex_waitv',
    'futex_wake futex_wait futex_requeue io_setup io_destroy io_getevents io_submit io_cancel io_pgetevents',
    'io_pgetevents_time64',
  ),
  network: words(
    'socket socketpair bind listen accept accept4 connect getsockname getpeername getsockopt setsockopt shutdown send',
    'sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64 socketcall',
  ),
  'communication between processes': words(
    'shmget shmat shmdt shmctl semget semop semctl semtimedop semtimedop_time64 msgget msgsnd msgrcv msgctl ipc mq_open',
    'mq_close mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedreceive mq_timedsend_time64',
    'mq_timedreceive_time64',
  ),
}

const REFUSED = words(
  'mount umount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr',
  'unshare setns keyctl add_key request_key bpf perf_event_open io_uring_setup io_uring_enter io_uring_register',
  'userfaultfd kexec_load kexec_file_load init_module finit_module delete_module open_by_handle_at',
  'name_to_handle_at process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp reboot swapon swapoff acct',
  'settimeofday stime clock_settime clock_settime64 clock_adjtime clock_adjtime64 adjtimex quotactl quotactl_fd',
  'syslog vhangup sethostname setdomainname iopl ioperm modify_ldt lookup_dcookie nfsservctl fanotify_init',
  'fanotify_mark migrate_pages move_pages mbind set_mempolicy set_mempolicy_home_node personality vm86 vm86old',
)

const EPERM = 1
const ENOSYS = 38
const CLONE_NEW_NAMESPACES = 0x7e020000 // NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff] // Linux, its 32-bit and UNAME26 forms, and "just ask"
const AF_ALG = 38
const AF_VSOCK = 40

const allow = (names: string[], args?: object[]) => ({
  names,
  action: 'SCMP_ACT_ALLOW',
  ...(args ? { args } : {}),
})

const refuse = (names: string[], errnoRet: number) => ({ names, action: 'SCMP_ACT_ERRNO', errnoRet })

/** The `linux.seccomp` object of an OCI configuration. */
export function seccompProfile(): object {
  const plain = Object.values(ALLOWED)
    .flat()
    .filter((name) => name !== 'socket')
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    syscalls: [
      allow(plain),
      // Sockets of every family but the kernel's crypto interface and virtual machine sockets.
      allow(['socket'], [{ index: 0, value: AF_ALG, op: 'SCMP_CMP_LT' }]),
      allow(['socket'], [{ index: 0, value: AF_ALG + 1, op: 'SCMP_CMP_EQ' }]),
      allow(['socket'], [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_GT' }]),
      // Threads and processes, but no new namespaces. clone3 hides its flags in memory: ENOSYS makes libc use clone.
      allow(['clone'], [{ index: 0, value: CLONE_NEW_NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]),
      ...PERSONALITIES.map((value) => allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      refuse(['clone3'], ENOSYS),
      refuse(
        REFUSED.filter((name) => name !== 'personality'),
        EPERM,
      ),
    ],
  }
}
