"""Graphs of rooms: circles in them, and a picture of CMake's links between them."""
import os
import re
import subprocess
import sys

LINK = re.compile(r"// (\S+) -> (\S+)$", re.MULTILINE)


def cycle_in(graph):
    """A circle of {node: nodes} as [a, b, ..., a]; [] when there is none."""
    done = set()

    def visit(node, path):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return []
        done.add(node)
        for other in sorted(graph.get(node, ())):
            cycle = visit(other, path + [node])
            if cycle:
                return cycle
        return []

    return next(filter(None, (visit(node, []) for node in sorted(graph))), [])


def without_shortcuts(graph):
    """The links of a graph without circles that no longer way stands for."""
    def reached(node, found):
        for other in graph.get(node, ()):
            if other not in found:
                found.add(other)
                reached(other, found)
        return found

    def further(node):
        return set().union(*(reached(other, set()) for other in graph[node])) if graph[node] else set()

    return {node: graph[node] - further(node) for node in graph}


def rooms_of(graphviz, room_of_target):
    """{room: rooms that it links} of CMake's picture of targets; interface targets are left out."""
    graph = {room: set() for room in room_of_target.values()}
    for target, other in LINK.findall(graphviz):
        room, needed = room_of_target.get(target), room_of_target.get(other)
        if room and needed and room != needed:
            graph[room].add(needed)
    return graph


def room_targets(build):
    """{target: its room} from the include folders that jupiter_library makes."""
    include = os.path.join(build, "include")
    rooms = {}
    for name in sorted(os.listdir(include)):
        top = os.path.join(include, name)
        links = [os.path.join(folder, entry) for folder, folders, files in os.walk(top)
                 for entry in folders + files if os.path.islink(os.path.join(folder, entry))]
        if not links:
            continue
        room = os.path.relpath(links[0], top)
        if not os.path.isdir(links[0]):
            room = os.path.splitext(room)[0] if len(links) == 1 else os.path.dirname(room)
        rooms[f"jupiter_{name}"] = room
    return rooms


def to_dot(graph, floors):
    """A picture with a frame per floor; rooms of other places are left out."""
    lines = ["// The rooms and what each links. Written by scripts/house --graph; links that a longer",
             "// way stands for are left out.", "digraph rooms {", "  rankdir = TB",
             "  node [shape = box, style = rounded, fontname = \"sans-serif\", fontsize = 11]",
             "  edge [color = gray40, arrowsize = 0.6]"]
    def floor(room):
        return room.split("/")[0]
    kept = {room for room in graph if floor(room) in floors}
    for name in floors:
        lines.append(f"  subgraph cluster_{name} {{ label = \"{name}\"; fontname = \"sans-serif\"; "
                     "color = gray70")
        lines += [f"    \"{room}\" [label = \"{room.partition('/')[2] or 'device'}\"]"
                  for room in sorted(kept) if floor(room) == name]
        lines.append("  }")
    for room, others in sorted(without_shortcuts(graph).items()):
        lines += [f"  \"{room}\" -> \"{other}\"" for other in sorted(others) if {room, other} <= kept]
    return "\n".join(lines + ["}", ""])


def draw_rooms(graphviz, build, svg, floors):
    """Writes FILE.dot and FILE.svg; returns the exit code."""
    dot = os.path.splitext(svg)[0] + ".dot"
    os.makedirs(os.path.dirname(os.path.abspath(svg)), exist_ok=True)
    graph = rooms_of(graphviz, room_targets(build))
    with open(dot, "w", encoding="utf-8") as file:
        file.write(to_dot(graph, floors))
    print(f"wrote {os.path.relpath(dot)}: {len(graph)} rooms")
    try:
        subprocess.run(["dot", "-Tsvg", dot, "-o", svg], check=True)
    except FileNotFoundError:
        print("no picture: there is no 'dot'; install Debian's package graphviz", file=sys.stderr)
        return 2
    print(f"wrote {os.path.relpath(svg)}")
    return 0
