import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GroupCommit, type GroupLimits, TooManyWaiting } from './group-commit.ts'

const limits: GroupLimits = { groupJobsMax: 4, groupBytesMax: 100, waitingJobsMax: 10, waitingBytesMax: 1000 }

/** Writes by hand: each group waits until the test lets it finish. */
function byHand(given = limits) {
  const groups: number[][] = []
  const finish: { resolve(): void; reject(error: Error): void }[] = []
  const commits = new GroupCommit<number, string>((jobs) => {
    groups.push(jobs)
    return new Promise((resolve, reject) => {
      finish.push({ resolve: () => resolve(jobs.map((job) => `did ${job}`)), reject })
    })
  }, given)
  return { groups, finish, commits }
}

/** Lets everything run that needs no write to finish. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
}

test('jobs of one turn share a group, and so do those that arrive while it is being written', async () => {
  const { groups, finish, commits } = byHand()
  const answers = [commits.submit(1, 1), commits.submit(2, 1)]
  await settle()
  answers.push(commits.submit(3, 1))
  await settle()
  answers.push(commits.submit(4, 1))
  assert.deepEqual(groups, [[1, 2]])
  finish[0]!.resolve()
  await settle()
  assert.deepEqual(groups, [[1, 2], [3, 4]]) // biome-ignore format: one line
  finish[1]!.resolve()
  assert.deepEqual(await Promise.all(answers), ['did 1', 'did 2', 'did 3', 'did 4'])
})

test('nobody is answered before the group is written', async () => {
  const { finish, commits } = byHand()
  let isAnswered = false
  const answer = commits.submit(1, 1).then(() => {
    isAnswered = true
  })
  await settle()
  assert.equal(isAnswered, false)
  finish[0]!.resolve()
  await answer
})

test('a group that fails fails its own jobs only', async () => {
  const { finish, commits } = byHand()
  const first = commits.submit(1, 1)
  await settle()
  const second = commits.submit(2, 1)
  finish[0]!.reject(new Error('disk failed'))
  await assert.rejects(first, /disk failed/)
  await settle()
  finish[1]!.resolve()
  assert.equal(await second, 'did 2')
})

test('a call is refused when too many jobs or bytes are waiting, and accepted again later', async () => {
  const { finish, commits } = byHand()
  const waiting = Array.from({ length: 10 }, (_, job) => commits.submit(job, 1))
  await assert.rejects(commits.submit(10, 1), TooManyWaiting)
  const drained = commits.drained()
  for (let group = 0; group < 3; group++) {
    await settle()
    finish[group]!.resolve()
  }
  await Promise.all([drained, ...waiting])

  const large = [commits.submit(20, 600), commits.submit(21, 400)]
  await assert.rejects(commits.submit(22, 1), TooManyWaiting)
  await settle()
  finish[3]!.resolve()
  await settle()
  finish[4]!.resolve()
  assert.deepEqual(await Promise.all(large), ['did 20', 'did 21'])
})

test('groups keep the order of jobs and stay within their limits, one job excepted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 150 }), { maxLength: 30 }), async (sizes) => {
      const groups: number[][] = []
      const unbounded = { waitingJobsMax: 1000, waitingBytesMax: 1_000_000 }
      const commits = new GroupCommit<number, number>(
        async (jobs) => {
          groups.push(jobs)
          return jobs
        },
        { ...limits, ...unbounded },
      )
      const answers = await Promise.all(sizes.map((size, job) => commits.submit(job, size)))
      assert.deepEqual(answers, [...sizes.keys()])
      assert.deepEqual(groups.flat(), [...sizes.keys()])
      for (const group of groups) {
        const bytes = group.reduce((sum, job) => sum + sizes[job]!, 0)
        assert.ok(
          group.length === 1 || (group.length <= limits.groupJobsMax && bytes <= limits.groupBytesMax),
        )
      }
    }),
  )
})
