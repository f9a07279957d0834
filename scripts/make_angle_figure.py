#!/usr/bin/python3
"""Writes doc/images/angles.svg: where the joint angles are measured and which
way they grow.

    scripts/make_angle_figure.py > doc/images/angles.svg
"""
from math import atan2, cos, degrees, hypot, radians, sin

INK, GREY, BLUE, RED = "#22262b", "#9aa0a6", "#1473cc", "#d9480f"
out = []


def turn(v, a):
    """v turned clockwise to the eye (y runs downwards)."""
    a = radians(a)
    return (v[0] * cos(a) - v[1] * sin(a), v[0] * sin(a) + v[1] * cos(a))


def go(p, v, far):
    return (p[0] + far * v[0], p[1] + far * v[1])


def line(p, q, colour=INK, width=5, dash=""):
    out.append(f'<line x1="{p[0]:.1f}" y1="{p[1]:.1f}" x2="{q[0]:.1f}" '
               f'y2="{q[1]:.1f}" stroke="{colour}" stroke-width="{width}" '
               f'stroke-linecap="round"'
               + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")


def dot(p, r=5, colour=INK):
    out.append(f'<circle cx="{p[0]:.1f}" cy="{p[1]:.1f}" r="{r}" '
               f'fill="{colour}"/>')


def text(p, words, colour=INK, size=15, anchor="start", weight="normal"):
    out.append(f'<text x="{p[0]:.1f}" y="{p[1]:.1f}" fill="{colour}" '
               f'font-size="{size}" font-weight="{weight}" '
               f'text-anchor="{anchor}">{words}</text>')


def arc(p, zero, now, r, words, away=12, colour=BLUE, anchor="start",
        by=(0, 0)):
    """From the zero direction (dashed) to the present one, with an arrow."""
    line(go(p, zero, 8), go(p, zero, r + 16), GREY, 1.5, "4 4")
    a = go(p, zero, r)
    b = go(p, now, r)
    cross = zero[0] * now[1] - zero[1] * now[0]
    out.append(f'<path d="M {a[0]:.1f} {a[1]:.1f} A {r} {r} 0 0 '
               f'{1 if cross > 0 else 0} {b[0]:.1f} {b[1]:.1f}" fill="none" '
               f'stroke="{colour}" stroke-width="2.5" '
               f'marker-end="url(#tip{colour[1:]})"/>')
    m = (zero[0] + now[0], zero[1] + now[1])
    n = hypot(*m)
    q = go(p, (m[0] / n, m[1] / n), r + away)
    text((q[0] + by[0], q[1] + 5 + by[1]), words, colour, 15, anchor, "bold")


def figure(x, y, pose, names):
    up = turn((0, -1), pose["lean"])
    down = (-up[0], -up[1])
    hip = (x, y)
    neck = go(hip, up, 130)
    head = turn(up, pose["neck"])
    top = go(neck, head, 62)
    thigh = turn(down, -pose["hip"])
    knee = go(hip, thigh, 115)
    shank = turn(thigh, pose["knee"])
    ankle = go(knee, shank, 115)
    foot = turn(shank, -90 - pose["ankle"])
    heel = go(go(ankle, shank, 16), foot, -14)
    toe = go(heel, foot, 68)
    arm = turn(down, -pose["arm"])
    elbow = go(neck, arm, 74)
    fore = turn(arm, -pose["elbow"])
    wrist = go(elbow, fore, 68)
    hand = turn(fore, -pose["wrist"])
    if names:
        arc(hip, down, thigh, 52, "hip", by=(-8, 2))
        arc(knee, thigh, shank, 46, "knee")
        neutral = turn(shank, -90)
        arc(ankle, neutral, foot, 74, "ankle")
        arc(neck, up, head, 84, "neck")
        arc(neck, down, arm, 44, "shoulder", anchor="middle", by=(8, 12))
        arc(elbow, arm, fore, 40, "elbow")
        arc(wrist, fore, hand, 40, "wrist")
        arc(hip, (0, -1), up, 96, "trunk", colour=RED, anchor="end",
            by=(-28, 6))
    for p, q in ((hip, neck), (neck, top), (hip, knee), (knee, ankle),
                 (ankle, heel), (heel, toe), (ankle, toe), (neck, elbow),
                 (elbow, wrist), (wrist, go(wrist, hand, 26))):
        line(p, q)
    for p in (hip, neck, top, knee, ankle, heel, toe, elbow, wrist):
        dot(p)


out.append('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 560" '
           'font-family="sans-serif">')
out.append('<title>Joint angles: zero and positive directions</title>')
for tip in (BLUE, RED):
    out.append(f'<marker id="tip{tip[1:]}" viewBox="0 0 10 10" refX="7" '
               f'refY="5" markerWidth="4.5" markerHeight="4.5" orient="auto">'
               f'<path d="M 0 0 L 10 5 L 0 10 z" fill="{tip}"/></marker>')
out.append('<rect width="700" height="560" fill="white"/>')
still = dict(lean=0, neck=0, hip=0, knee=0, ankle=0, arm=0, elbow=0, wrist=0)
bent = dict(lean=22, neck=28, hip=78, knee=74, ankle=20, arm=62, elbow=58,
            wrist=35)
text((40, 40), "All angles 0", INK, 17, weight="bold")
text((40, 60), "facing right, or mirrored", GREY, 13)
figure(130, 285, still, False)
text((300, 40), "All angles positive", INK, 17, weight="bold")
text((300, 60), "dashed: where the angle is 0; arrow: the way it grows", GREY,
     13)
figure(390, 318, bent, True)
out.append("</svg>")
print("\n".join(out))
