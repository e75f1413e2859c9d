import { Where } from '../../constructs/private/where';

describe('Where', () => {
  it('names a prop, and the thing that has it where there are several', () => {
    expect(`${new Where('image')} is empty`).toBe("'image' is empty");
    expect(`${new Where('image', "'agent' in 'sidecars'")} is empty`).toBe("'image' of 'agent' in 'sidecars' is empty");
  });
});
