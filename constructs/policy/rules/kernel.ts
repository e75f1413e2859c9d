import { securityContexts } from '../../manifest/pods';
import { eachContainer, eachPod, type Rule, shown, when } from '../rule';

/** The safe ones of the Pod Security Standards, up to Kubernetes 1.32, which added the last two. */
const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];
const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

export const seccomp: Rule = {
  name: 'seccomp',
  recommendation: "A container has the runtime's seccomp profile, which blocks system calls that programs rarely need",
  fix: "set seccompProfile.type to 'RuntimeDefault' in the securityContext of the pod",
  check: eachContainer(({ securityContext }, { spec }) => {
    const type = (securityContext?.seccompProfile ?? spec.securityContext?.seccompProfile)?.type;
    return when(type !== 'RuntimeDefault', shown('seccompProfile.type', type));
  }),
};

export const appArmor: Rule = {
  name: 'app-armor',
  recommendation: 'AppArmor stays as the runtime has it',
  fix: "leave out appArmorProfile, or set its type to 'RuntimeDefault' or 'Localhost'",
  check: eachPod((pod) => [
    ...securityContexts(pod).flatMap(({ called, context }) => {
      const type = context.appArmorProfile?.type;
      return when(
        type !== undefined && !['RuntimeDefault', 'Localhost'].includes(type),
        `${called}: ${shown('appArmorProfile.type', type)}`,
      );
    }),
    ...Object.entries(pod.metadata.annotations ?? {}).flatMap(([key, value]) =>
      when(
        key.startsWith(APPARMOR_ANNOTATION) && !/^(runtime\/default|localhost\/.*)?$/.test(value),
        shown(key, value),
      ),
    ),
  ]),
};

export const seLinux: Rule = {
  name: 'selinux',
  recommendation: 'SELinux confines containers by the types that are made for them',
  fix: 'leave out seLinuxOptions.user and .role, and give as type one for containers, such as container_t',
  check: eachPod((pod) =>
    securityContexts(pod).flatMap(({ called, context: { seLinuxOptions: { type = '', user, role } = {} } }) => [
      ...when(!SELINUX_TYPES.includes(type), `${called}: ${shown('seLinuxOptions.type', type)}`),
      ...when(Boolean(user), `${called}: ${shown('seLinuxOptions.user', user)}`),
      ...when(Boolean(role), `${called}: ${shown('seLinuxOptions.role', role)}`),
    ]),
  ),
};

export const procMount: Rule = {
  name: 'proc-mount',
  recommendation: 'The runtime hides parts of /proc from containers',
  fix: "leave out procMount, or set it to 'Default'",
  check: eachContainer(({ securityContext: { procMount = 'Default' } = {} }) =>
    when(procMount !== 'Default', shown('procMount', procMount)),
  ),
};

export const sysctls: Rule = {
  name: 'sysctls',
  recommendation: 'A pod changes only kernel parameters that are its own, and no other pod of its node feels',
  fix: `use none but ${SAFE_SYSCTLS.join(', ')}`,
  check: eachPod(({ spec }) =>
    (spec.securityContext?.sysctls ?? []).flatMap(({ name }) =>
      when(!SAFE_SYSCTLS.includes(name), `sysctl '${name}' is set`),
    ),
  ),
};
