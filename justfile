# Thin aliases of ./x, for people who have just.

demo *ARGS:
    ./x demo {{ARGS}}

test *ARGS:
    ./x test {{ARGS}}

build:
    ./x build

dev *ARGS:
    ./x dev {{ARGS}}

web:
    ./x web

bench *ARGS:
    ./x bench {{ARGS}}

ref:
    ./x ref

fmt:
    ./x fmt
