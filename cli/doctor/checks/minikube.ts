import { type Check, failed } from '../check';
import { NotChecked } from '../not-checked';

export const minikube: Check = {
  name: 'profile',
  async run(facts) {
    const { profile } = facts.session;
    const { state } = await facts.minikube();
    if (state === 'running') {
      return { text: `'${profile}' runs` };
    }
    if (state === 'missing' && (await facts.ready().catch(() => undefined))?.ok) {
      throw new NotChecked(`context '${profile}' is of another cluster than minikube's`);
    }
    const what = state === 'missing' ? `minikube has no profile '${profile}'` : `minikube is ${state}`;
    const mend = `minikube -p ${profile} ${state === 'paused' ? 'unpause' : 'start'}`;
    return { text: '', findings: [failed(what, 'nothing runs, and no address answers', mend)] };
  },
};

/** minikube's default changes from docker to containerd with 1.39. */
export const runtime: Check = {
  name: 'runtime',
  async run(facts) {
    const found = await facts.runtime();
    const isOne = found === 'docker' && (await facts.dockerEnv().catch(() => ({}))) !== undefined;
    const how = isOne
      ? "images are built in the node's docker"
      : "images are built here, and copied with 'minikube image load'";
    return { text: `${found}: ${how}` };
  },
};
