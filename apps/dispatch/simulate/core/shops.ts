/** Shops for a city that has none yet: along the busy streets, with menus and kitchens of different pace. */
import type { Shop } from '../../model/shop.ts'
import { type Random, weighted } from './random.ts'
import type { Roads } from './roads.ts'

const minuteMs = 60_000
const kinds: { name: string; cookingMs: number; menu: [name: string, priceCents: number][] }[] = [
  {
    name: '兰州拉面',
    cookingMs: 7 * minuteMs,
    menu: [
      ['牛肉拉面', 1800],
      ['干拌面', 1900],
      ['凉拌牛肉', 2800],
    ],
  },
  {
    name: '包子铺',
    cookingMs: 4 * minuteMs,
    menu: [
      ['鲜肉包', 300],
      ['豆浆', 400],
      ['小米粥', 500],
    ],
  },
  {
    name: '川菜馆',
    cookingMs: 14 * minuteMs,
    menu: [
      ['麻婆豆腐', 2200],
      ['宫保鸡丁', 3200],
      ['回锅肉', 3600],
      ['米饭', 200],
    ],
  },
  {
    name: '饺子馆',
    cookingMs: 10 * minuteMs,
    menu: [
      ['猪肉白菜水饺', 2400],
      ['韭菜鸡蛋水饺', 2200],
      ['拍黄瓜', 1200],
    ],
  },
  {
    name: '烧烤店',
    cookingMs: 18 * minuteMs,
    menu: [
      ['羊肉串', 500],
      ['烤茄子', 1600],
      ['炒河粉', 1800],
    ],
  },
  {
    name: '茶饮店',
    cookingMs: 5 * minuteMs,
    menu: [
      ['珍珠奶茶', 1500],
      ['柠檬茶', 1300],
      ['四季春', 1200],
    ],
  },
]

/** `count` of them, the same for the same seed and streets. */
export function makeShops({ count, random, roads }: { count: number; random: Random; roads: Roads }): Shop[] {
  const draw = drawPlace(roads)
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[random.below(kinds.length)]!
    return {
      merchantId: `m-${String(index + 1).padStart(4, '0')}`,
      name: `${kind.name} ${index + 1} 号店`,
      position: roads.position(draw(random)),
      menu: kind.menu.map(([name, priceCents]) => ({ name, priceCents })),
      cookingMs: Math.round(random.logNormal(kind.cookingMs, 0.2)),
    }
  })
}

/** A place by how dense the streets are around it. */
export const drawPlace = (roads: Roads): ((random: Random) => number) =>
  weighted(Array.from({ length: roads.size }, (_, place) => roads.weight(place)))
